use std::sync::Arc;

use crate::services::{Conversations, Messages, Models, Users};

/// The services that handlers call.
pub struct ChatState {
    /// Conversations.
    pub conversations: Conversations,
    /// Messages and replies.
    pub messages: Messages,
    /// The catalogue.
    pub models: Arc<Models>,
    /// The people whose things these are.
    pub users: Users,
}
