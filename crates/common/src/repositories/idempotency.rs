use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::UserId;
use crate::domain::idempotency::{EarlierSend, IdempotencyKey};

/// The keys of sends in a database, for reading; [`ReplyRepository`](super::ReplyRepository) writes them.
#[async_trait]
pub trait IdempotencyRepository: Send + Sync {
    /// What a send with a key of the owner's has begun.
    async fn find(
        &self,
        owner: UserId,
        key: &IdempotencyKey,
    ) -> Result<Option<EarlierSend>, StoreError>;
    /// Forgets the keys of sends before then; how many those were.
    async fn delete_before(&self, before: DateTime<Utc>) -> Result<u64, StoreError>;
}
