//! Sibling services over HTTP, and what is told them.

mod account_data;
mod courier;

pub use account_data::HttpAccountData;
pub use courier::DeletionCourier;
