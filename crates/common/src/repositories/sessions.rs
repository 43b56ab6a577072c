use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::revocation::Ending;
use crate::domain::session::{Alive, Opening, RefreshError, RefreshToken, Rotation, Session};
use crate::{Page, PageRequest, SessionId, UserId};

/// Why a session could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum SessionStoreError {
    /// Its owner is gone or disabled, or has another password by now.
    #[error("the account has changed")]
    OwnerChanged,
    /// There is or was a session of that id.
    #[error("the session has begun")]
    Begun,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sessions and their refresh tokens in a database.
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// Stores a new session with its first refresh token, and ends the one that it replaces.
    ///
    /// # Errors
    /// `OwnerChanged` if the account is not any more what the session was begun with, `Begun` if its id is taken.
    async fn insert(&self, opening: &Opening) -> Result<(), SessionStoreError>;
    /// One session, even if it is over.
    async fn find(&self, owner: UserId, id: SessionId) -> Result<Option<Session>, StoreError>;
    /// A page of the owner's sessions that are not over, by when they began.
    async fn list(
        &self,
        owner: UserId,
        alive: Alive,
        page: PageRequest,
    ) -> Result<Page<Session>, StoreError>;
    /// A refresh token and the session that it belongs to, by the token's hash.
    async fn find_by_token(
        &self,
        hash: &[u8],
    ) -> Result<Option<(Session, RefreshToken)>, StoreError>;
    /// Marks the refresh token of a hash as used and stores its successor, in one step.
    ///
    /// A token that was used no longer than the grace ago, and whose successor has not been used, is taken once more: an answer
    /// that was lost on its way can be asked for again, with the very same successor. Any other reuse revokes the session.
    ///
    /// # Errors
    /// See [`RefreshError`].
    async fn rotate(&self, hash: &[u8], rotation: &Rotation) -> Result<(), RefreshError>;
    /// Ends a session; whether it was there and alive.
    async fn revoke(
        &self,
        owner: UserId,
        id: SessionId,
        alive: Alive,
        ending: &Ending,
    ) -> Result<bool, StoreError>;
    /// Deletes, in batches, sessions not seen since a time, and refresh tokens that are over at another; how many rows that was.
    async fn purge(
        &self,
        not_seen_since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError>;
}
