use async_trait::async_trait;

use super::StoreError;
use crate::domain::message::Message;
use crate::{ConversationId, MessageId, Page, PageRequest, UserId};

/// Messages in a database, for reading; [`ReplyRepository`](super::ReplyRepository) writes them.
#[async_trait]
pub trait MessageRepository: Send + Sync {
    /// A page of a conversation's messages, by `seq`; of one model only, where one is named.
    async fn list(
        &self,
        owner: UserId,
        conversation: ConversationId,
        model: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Message>, StoreError>;
    /// One message.
    async fn find(&self, owner: UserId, id: MessageId) -> Result<Option<Message>, StoreError>;
}
