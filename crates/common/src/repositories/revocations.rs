use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::revocation::{Revocation, RevocationCursor};

/// Sessions that are over while some of their access tokens are not. Whatever ends a session writes them, in its own
/// transaction.
#[async_trait]
pub trait RevocationRepository: Send + Sync {
    /// What was written after a place, of that at most `limit`, and once more what was written shortly before it: a row of a
    /// lower number may be committed later. Only what still matters at the time given. And where to read on.
    async fn after(
        &self,
        cursor: RevocationCursor,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<(Vec<Revocation>, RevocationCursor), StoreError>;
    /// Deletes, in batches, what does not matter any more; how many rows that was.
    async fn purge(&self, now: DateTime<Utc>) -> Result<u64, StoreError>;
}
