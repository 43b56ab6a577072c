//! Sibling services over HTTP, and what is told them.

mod chat;
mod courier;

pub use chat::ChatService;
pub use courier::DeletionCourier;
