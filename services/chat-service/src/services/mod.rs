//! What chat-service does, in its own words: no HTTP, no SQL.

mod context;
mod conversations;
mod messages;
mod models;
mod preferences;
mod projects;
mod usage;
mod users;

pub use conversations::{Conversations, ConversationsParts};
pub use messages::{Following, Messages, MessagesParts};
pub use models::{AvailableModel, ModelError, Models};
pub use preferences::Preferences;
pub use projects::{OnBehalf, ProjectAccess, ProjectAccessError, ProjectPrompt, ProjectPrompts};
pub use usage::UsageLedger;
pub use users::Users;
