//! chat-service: conversations, and the replies of language models.
//!
//! Read it from the top: [`routes`] is the table of contents; each noun has the same file name in every layer. Two rooms
//! are this service's own: `providers` speaks to models, `generation` owns a reply from its start to its end.

pub mod clients;
pub mod core;
mod dependencies;
pub mod generation;
mod migrations;
mod module;
pub mod providers;
pub mod repositories;
pub mod routes;
mod schemas;
pub mod services;

pub use dependencies::ChatState;
pub use module::{ChatModule, ChatService};
