use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::conversation::{
    Conversation, ConversationChanges, ConversationError, DeletedConversation, DeletedConversations,
};
use crate::domain::idempotency::CreationKey;
use crate::{ConversationId, MessageId, Page, PageRequest, ProjectId, UserId};

/// What a list of conversations is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum ConversationSort {
    CreatedAt,
    UpdatedAt,
}

/// Which conversations are wanted.
#[derive(Debug, Clone)]
pub struct ConversationFilter {
    /// Only those of this project.
    pub project: Option<ProjectId>,
    /// Only those put away, or only those that are not.
    pub archived: Option<bool>,
    /// Only those with all of these words in their title or in one message. The last may be the beginning of one; words between
    /// quotes follow each other.
    pub search: Option<String>,
    /// What the list is sorted by.
    pub sort: ConversationSort,
}

/// Conversations in a database.
#[async_trait]
pub trait ConversationRepository: Send + Sync {
    /// A page of the owner's conversations.
    async fn list(
        &self,
        owner: UserId,
        filter: &ConversationFilter,
        page: PageRequest,
    ) -> Result<Page<Conversation>, StoreError>;
    /// One conversation.
    async fn find(
        &self,
        owner: UserId,
        id: ConversationId,
    ) -> Result<Option<Conversation>, StoreError>;
    /// The default conversation that an owner has with a project.
    async fn find_default(
        &self,
        owner: UserId,
        project: ProjectId,
    ) -> Result<Option<Conversation>, StoreError>;
    /// Stores a new conversation.
    ///
    /// # Errors
    /// `DefaultExists`; `NoSuchProject` or `OwnerGone`, once the project or all that the owner had was deleted; `Creation` if
    /// something else was made for its key.
    async fn insert(
        &self,
        conversation: &Conversation,
        key: Option<&CreationKey>,
    ) -> Result<(), ConversationError>;
    /// Changes a conversation, at the time given.
    async fn update(
        &self,
        owner: UserId,
        id: ConversationId,
        changes: &ConversationChanges,
        at: DateTime<Utc>,
    ) -> Result<Option<Conversation>, StoreError>;
    /// Deletes a conversation with its messages; also which replies were running in it.
    async fn delete(
        &self,
        owner: UserId,
        id: ConversationId,
    ) -> Result<Option<(DeletedConversation, Vec<MessageId>)>, StoreError>;
    /// Deletes the conversations of a project, whoever asks, and lets none be made in it; which replies were running in
    /// them. Safe to repeat.
    async fn delete_of_project(&self, project: ProjectId) -> Result<Vec<MessageId>, StoreError>;
    /// Deletes the conversations of a user and lets no more be made; also which replies were running in them. Safe to repeat.
    async fn delete_of_user(
        &self,
        owner: UserId,
    ) -> Result<(DeletedConversations, Vec<MessageId>), StoreError>;
}
