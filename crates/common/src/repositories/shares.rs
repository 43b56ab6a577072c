use async_trait::async_trait;

use super::StoreError;
use crate::domain::share::{NewShare, Share, ShareError, Snapshot};
use crate::{ConversationId, ShareId, UserId};

/// Shares in a database. They are gone with their conversation.
#[async_trait]
pub trait ShareRepository: Send + Sync {
    /// Stores a conversation's active branch as it is at this moment. Replies that are still being made, and those of which
    /// nothing came, are left out.
    ///
    /// # Errors
    /// `NotFound`; `Empty`; `TooLong`; `TooMany`; `Creation` if something else was made for its key.
    async fn insert(&self, owner: UserId, new: &NewShare) -> Result<Share, ShareError>;
    /// A conversation's shares, newest first; empty if there is no such conversation.
    async fn list(
        &self,
        owner: UserId,
        conversation: ConversationId,
    ) -> Result<Vec<Share>, StoreError>;
    /// Deletes a share; whether there was one.
    async fn delete(&self, owner: UserId, id: ShareId) -> Result<bool, StoreError>;
    /// What is shown to whoever has the token of a hash.
    async fn open(&self, token_hash: &[u8]) -> Result<Option<Snapshot>, StoreError>;
}
