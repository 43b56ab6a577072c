use async_trait::async_trait;

use super::StoreError;
use crate::domain::summary::Summary;
use crate::{ConversationId, UserId};

/// Summaries in a database, for writing; [`SubjectRepository`](super::SubjectRepository) reads them.
#[async_trait]
pub trait SummaryRepository: Send + Sync {
    /// Stores a summary in place of the one before; whether the model was ever asked in such a conversation.
    async fn store(
        &self,
        owner: UserId,
        conversation: ConversationId,
        model: &str,
        summary: &Summary,
    ) -> Result<bool, StoreError>;
}
