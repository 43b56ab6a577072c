//! `common`'s repository traits over SeaORM.

mod conversations;
mod entities;
mod messages;
mod preferences;
mod replies;
mod usage;

pub use conversations::{CONVERSATION_COUNTS, SqlConversations, TOMBSTONES};
pub use messages::SqlMessages;
pub use preferences::SqlPreferences;
pub use replies::SqlReplies;
pub use usage::SqlUsage;
