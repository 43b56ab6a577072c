//! What auth-service does, in its own words: no HTTP, no SQL.

mod hashing;
mod passwords;
mod refresh_secret;
mod sessions;
mod users;

pub use hashing::{Hasher, HashingPool};
pub use passwords::Passwords;
pub use sessions::Sessions;
pub use users::Users;
