use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::UserId;
use crate::domain::preferences::{PreferenceChanges, Preferences};

/// Preferences in a database.
#[async_trait]
pub trait PreferenceRepository: Send + Sync {
    /// A person's preferences; `None` if none were ever set.
    async fn find(&self, owner: UserId) -> Result<Option<Preferences>, StoreError>;
    /// Changes a person's preferences, at the time given; `None` once all that the person had was deleted.
    async fn update(
        &self,
        owner: UserId,
        changes: &PreferenceChanges,
        at: DateTime<Utc>,
    ) -> Result<Option<Preferences>, StoreError>;
    /// Deletes a person's preferences. Safe to repeat.
    async fn delete(&self, owner: UserId) -> Result<(), StoreError>;
}
