use std::sync::Arc;

use crate::services::{Conversations, Messages, Models};

/// The services that handlers call.
pub struct ChatState {
    /// Conversations.
    pub conversations: Conversations,
    /// Messages and replies.
    pub messages: Messages,
    /// The catalogue.
    pub models: Arc<Models>,
}
