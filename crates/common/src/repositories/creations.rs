use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::UserId;
use crate::domain::idempotency::{Creation, IdempotencyKey};

/// The keys of what was made, in a database, for reading. They are written together with what is made.
#[async_trait]
pub trait CreationRepository: Send + Sync {
    /// What a request with a key of the owner's has made.
    async fn find(
        &self,
        owner: UserId,
        key: &IdempotencyKey,
    ) -> Result<Option<Creation>, StoreError>;
    /// Forgets the keys of what was made before then.
    async fn delete_before(&self, before: DateTime<Utc>) -> Result<(), StoreError>;
}
