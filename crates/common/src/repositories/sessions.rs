use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::StoreError;
use crate::domain::session::{RefreshError, RefreshToken, Session};
use crate::{SessionId, UserId};

/// Sessions and their refresh tokens in a database.
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// Stores a new session with its first refresh token.
    async fn insert(&self, session: &Session, token: &RefreshToken) -> Result<(), StoreError>;
    /// A refresh token and the session that it belongs to, by the token's hash.
    async fn find_by_token(
        &self,
        hash: &[u8],
    ) -> Result<Option<(Session, RefreshToken)>, StoreError>;
    /// Marks the refresh token of a hash as used and stores its successor, in one step.
    ///
    /// A token that was used no longer than `grace` ago, and whose successor has not been used, is taken once more: an answer
    /// that was lost on its way can be asked for again, with the very same successor. Any other reuse revokes the session.
    ///
    /// # Errors
    /// See [`RefreshError`].
    async fn rotate(
        &self,
        hash: &[u8],
        successor: &RefreshToken,
        now: DateTime<Utc>,
        grace: TimeDelta,
    ) -> Result<(), RefreshError>;
    /// Ends a session; whether it was there and alive.
    async fn revoke(
        &self,
        owner: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;
}
