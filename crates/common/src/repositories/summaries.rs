use async_trait::async_trait;

use super::StoreError;
use crate::domain::summary::{PlacedSummary, Summary};
use crate::{ConversationId, UserId};

/// Summaries in a database.
#[async_trait]
pub trait SummaryRepository: Send + Sync {
    /// What a model knows in short of a conversation.
    async fn find(
        &self,
        owner: UserId,
        conversation: ConversationId,
        model: &str,
    ) -> Result<Option<PlacedSummary>, StoreError>;
    /// Stores a summary in place of the one before; whether the model was ever asked in such a conversation.
    async fn store(
        &self,
        owner: UserId,
        conversation: ConversationId,
        model: &str,
        summary: &Summary,
    ) -> Result<bool, StoreError>;
}
