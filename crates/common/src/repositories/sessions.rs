use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::SessionId;
use crate::domain::session::{RefreshError, RefreshToken, Session};

/// A refresh token that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed {
    /// The session that goes on.
    pub session: Session,
    /// The successor, stored; the same one for every call with the same token.
    pub token: RefreshToken,
}

/// Sessions and their refresh tokens in a database.
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// Stores a new session with its first refresh token.
    async fn insert(&self, session: &Session, token: &RefreshToken) -> Result<(), StoreError>;
    /// The session that a refresh token belongs to, by the token's hash.
    async fn find_by_token(
        &self,
        hash: &[u8],
    ) -> Result<Option<(Session, RefreshToken)>, StoreError>;
    /// Marks a refresh token as used and stores its successor, in one step.
    ///
    /// A token that was used no longer than `grace` ago, and whose successor has not been used, gives the same successor
    /// again: an answer that was lost on its way can be asked for once more. Any other reuse revokes the session.
    ///
    /// # Errors
    /// See [`RefreshError`].
    async fn rotate(
        &self,
        hash: &[u8],
        successor: &RefreshToken,
        now: DateTime<Utc>,
        grace: chrono::TimeDelta,
    ) -> Result<Refreshed, RefreshError>;
    /// Ends a session; whether it was there and alive.
    async fn revoke(&self, id: SessionId, now: DateTime<Utc>) -> Result<bool, StoreError>;
}
