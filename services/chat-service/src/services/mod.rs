//! What chat-service does, in its own words: no HTTP, no SQL.

mod api_keys;
mod attachments;
mod completions;
mod composer;
mod context;
mod conversations;
mod data_keys;
mod idempotency;
mod key_uses;
mod key_wrapper;
mod load_jobs;
mod messages;
mod models;
mod preferences;
mod projects;
mod usage;
mod users;
mod vault;

pub use api_keys::ApiKeys;
pub use attachments::Attachments;
pub use completions::Completions;
pub use conversations::{Conversations, ConversationsParts};
pub use data_keys::{DataKeys, Rewrapped};
pub use idempotency::EarlierTurn;
pub use key_wrapper::{KeyWrapper, RingWrapper, WrapError};
pub use load_jobs::LoadJobs;
pub use messages::{Following, Messages, MessagesParts, Turn};
pub use models::{AvailableModel, ModelError, Models};
pub use preferences::Preferences;
pub use projects::{OnBehalf, ProjectAccess, ProjectAccessError, ProjectPrompt, ProjectPrompts};
pub use usage::UsageLedger;
pub use users::Users;
pub use vault::Vault;
