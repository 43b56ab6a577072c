use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::UserId;
use crate::domain::api_key::{ApiKey, KeyChange, KeyName, KeyUse};

/// People's own keys for providers, sealed, and what happened to them, in a database.
#[async_trait]
pub trait ApiKeyRepository: Send + Sync {
    /// Somebody's keys.
    async fn list(&self, owner: UserId) -> Result<Vec<ApiKey>, StoreError>;
    /// Makes changes, all or none, and remembers each that changed something; which those are. `None` once all that the person
    /// had was deleted.
    async fn update(
        &self,
        owner: UserId,
        changes: &[KeyChange],
    ) -> Result<Option<Vec<KeyName>>, StoreError>;
    /// Remembers that keys were used, by whomever; those of deleted people are passed over.
    async fn note(&self, uses: &[KeyUse]) -> Result<(), StoreError>;
    /// Deletes a person's keys, and what happened to them. Safe to repeat.
    async fn delete(&self, owner: UserId) -> Result<(), StoreError>;
    /// Forgets, in batches, what happened earlier; how many events that was.
    async fn purge(&self, before: DateTime<Utc>) -> Result<u64, StoreError>;
}
