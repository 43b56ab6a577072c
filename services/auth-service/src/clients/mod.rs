//! Sibling services over HTTP, and what is told them.

mod account_data;
mod courier;
mod profile_settings;

pub use account_data::HttpAccountData;
pub use courier::DeletionCourier;
pub use profile_settings::HttpSettings;
