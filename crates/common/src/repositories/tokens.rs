use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::audit::AuditEvent;
use crate::domain::revocation::TokenUse;
use crate::domain::token::{PersonalToken, PersonalTokenError};
use crate::{Page, PageRequest, TokenId, UserId};

/// Personal access tokens in a database.
#[async_trait]
pub trait TokenRepository: Send + Sync {
    /// Stores a new token.
    ///
    /// # Errors
    /// `TooMany` if its owner has `at_most` that have not ended, `OwnerGone` if there is no owner.
    async fn insert(
        &self,
        token: &PersonalToken,
        at_most: u64,
        event: &AuditEvent,
    ) -> Result<(), PersonalTokenError>;
    /// A page of the owner's tokens that have not ended, by when they were made.
    async fn list(
        &self,
        owner: UserId,
        now: DateTime<Utc>,
        page: PageRequest,
    ) -> Result<Page<PersonalToken>, StoreError>;
    /// Ends a token, at the time of the event; the token, if it was there and alive.
    async fn revoke(
        &self,
        owner: UserId,
        id: TokenId,
        event: &AuditEvent,
    ) -> Result<Option<PersonalToken>, StoreError>;
    /// Notes when tokens were used, whosoever they are, unless a use of the minute before is noted. None is in the future.
    async fn record_uses(&self, uses: &[TokenUse], now: DateTime<Utc>) -> Result<(), StoreError>;
    /// Deletes, in batches, tokens that have ended; how many that was.
    async fn purge(&self, now: DateTime<Utc>) -> Result<u64, StoreError>;
}
