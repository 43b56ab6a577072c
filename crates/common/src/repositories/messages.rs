use async_trait::async_trait;

use super::StoreError;
use crate::domain::message::{Message, PastMessage};
use crate::{ConversationId, MessageId, Page, PageRequest, UserId};

/// Which messages of a conversation's active branch to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageFilter<'a> {
    /// Only this model's replies, and the messages that they answer.
    pub model: Option<&'a str>,
    /// Only messages before this depth.
    pub before: Option<u32>,
}

/// Messages in a database, for reading; [`ReplyRepository`](super::ReplyRepository) writes them.
#[async_trait]
pub trait MessageRepository: Send + Sync {
    /// A page of a conversation's active branch, by `depth`.
    async fn list(
        &self,
        owner: UserId,
        conversation: ConversationId,
        filter: MessageFilter<'_>,
        page: PageRequest,
    ) -> Result<Page<Message>, StoreError>;
    /// The same, as a model is told of it.
    async fn history(
        &self,
        owner: UserId,
        conversation: ConversationId,
        filter: MessageFilter<'_>,
        page: PageRequest,
    ) -> Result<Page<PastMessage>, StoreError>;
    /// A page of all messages of a conversation, on every branch, by `seq`: a message comes after the one that it follows. How
    /// many stand in its place is not counted.
    async fn list_all(
        &self,
        owner: UserId,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Page<Message>, StoreError>;
    /// One message.
    async fn find(&self, owner: UserId, id: MessageId) -> Result<Option<Message>, StoreError>;
    /// All messages in one's place, oldest first; empty if there is no such message.
    async fn siblings(&self, owner: UserId, id: MessageId) -> Result<Vec<Message>, StoreError>;
    /// Makes the branch through a message the active one; whether there is such a message.
    async fn select(&self, owner: UserId, id: MessageId) -> Result<bool, StoreError>;
}
