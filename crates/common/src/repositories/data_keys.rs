use async_trait::async_trait;

use super::StoreError;
use crate::DataKeyId;
use crate::domain::data_key::DataKey;

/// Data keys in a database. They are nobody's: each seals secrets of many.
#[async_trait]
pub trait DataKeyRepository: Send + Sync {
    /// The data key of an id.
    async fn find(&self, id: DataKeyId) -> Result<Option<DataKey>, StoreError>;
    /// A data key that has sealed fewer than `limit` secrets, for one more, which is counted.
    async fn take(&self, limit: u32) -> Result<Option<DataKey>, StoreError>;
    /// Stores a new one, which is to seal its first secret.
    async fn insert(&self, key: &DataKey) -> Result<(), StoreError>;
    /// Some that another key than `current` wraps, by id, from after the one given.
    async fn wrapped_otherwise(
        &self,
        current: &str,
        after: Option<DataKeyId>,
        limit: u32,
    ) -> Result<Vec<DataKey>, StoreError>;
    /// How many another key than `current` wraps.
    async fn count_wrapped_otherwise(&self, current: &str) -> Result<u64, StoreError>;
    /// Stores a data key that was wrapped anew, unless it is no longer wrapped as it `was`; whether it was stored.
    async fn rewrap(&self, key: &DataKey, was: &[u8]) -> Result<bool, StoreError>;
}
