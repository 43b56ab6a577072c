use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::ErrandId;
use crate::domain::errand::Errand;
use crate::domain::message::Lease;

/// Errands in a database; [`ReplyRepository`](super::ReplyRepository) notes them when a reply ends, and they go with their
/// conversation. Any process does anybody's. Leases are kept by the database's clock, which all replicas share.
#[async_trait]
pub trait ErrandRepository: Send + Sync {
    /// Takes up an errand that nobody is at.
    async fn take_up(&self, lease: Lease) -> Result<Option<Errand>, StoreError>;
    /// Renews the lease of an errand; whether it is still the holder's.
    async fn keep(&self, id: ErrandId, lease: Lease) -> Result<bool, StoreError>;
    /// Lets go of an errand, which somebody is to take up after a pause.
    async fn let_go(&self, id: ErrandId, lease: Lease, pause: Duration) -> Result<(), StoreError>;
    /// Ends an errand, done or given up: nothing of it is kept.
    async fn end(&self, id: ErrandId, lease: Lease) -> Result<(), StoreError>;
}
