//! What auth-service does, in its own words: no HTTP, no SQL.

mod account_data;
mod audit;
mod export;
mod hashing;
mod housekeeping;
mod passwords;
mod profile;
mod profile_settings;
mod refresh_secret;
mod revocations;
mod second_factors;
mod sessions;
mod throttle;
mod tokens;
mod users;

pub use account_data::{AccountData, Lines};
pub use audit::Audit;
pub use export::{Export, ExportError, ExportParts};
pub use hashing::{Hasher, HashingPool};
pub use housekeeping::Housekeeping;
pub use passwords::Passwords;
pub use profile::Profiles;
pub use profile_settings::SettingsAccess;
pub use revocations::Revocations;
pub use second_factors::SecondFactors;
pub use sessions::Sessions;
pub use throttle::Throttle;
pub use tokens::Tokens;
pub use users::Users;
