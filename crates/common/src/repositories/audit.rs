use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::audit::AuditEvent;
use crate::{Page, PageRequest, UserId};

/// What happened to accounts, in a database. What changes an account writes its event itself, in its own transaction.
#[async_trait]
pub trait AuditRepository: Send + Sync {
    /// Stores an event that goes with no change, unless the account is gone.
    async fn insert(&self, event: &AuditEvent) -> Result<(), StoreError>;
    /// A page of the owner's events, by time.
    async fn list(&self, owner: UserId, page: PageRequest) -> Result<Page<AuditEvent>, StoreError>;
    /// Deletes, in batches, what is older; how many events that was.
    async fn purge(&self, before: DateTime<Utc>) -> Result<u64, StoreError>;
}
