//! What auth-service needs of chat-service: its part of a profile.

use async_trait::async_trait;
use common::UserId;
use common::domain::preferences::PreferenceChanges;
use common::domain::profile::{ProfileError, ProfileSettings};

/// chat-service, over HTTP or in the same process.
#[async_trait]
pub trait SettingsAccess: Send + Sync {
    /// Its part of somebody's profile.
    async fn get(&self, user: UserId) -> Result<ProfileSettings, ProfileError>;
    /// Changes it; as it now is. Safe to repeat.
    async fn update(
        &self,
        user: UserId,
        changes: PreferenceChanges,
    ) -> Result<ProfileSettings, ProfileError>;
}
