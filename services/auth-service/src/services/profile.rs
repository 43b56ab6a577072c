use std::sync::Arc;

use common::UserId;
use common::domain::profile::{Profile, ProfileChanges, ProfileError};

use super::{SettingsAccess, Users};

/// What people see of themselves.
pub struct Profiles {
    users: Arc<Users>,
    settings: Arc<dyn SettingsAccess>,
}

impl Profiles {
    pub fn new(users: Arc<Users>, settings: Arc<dyn SettingsAccess>) -> Self {
        Self { users, settings }
    }

    pub async fn get(&self, id: UserId) -> Result<Profile, ProfileError> {
        let user = self.users.get(id).await?;
        let settings = self.settings.get(id).await?;
        Ok(Profile { user, settings })
    }

    /// Changes a profile, chat-service's part first: if that fails, nothing is changed.
    pub async fn update(
        &self,
        id: UserId,
        changes: ProfileChanges,
    ) -> Result<Profile, ProfileError> {
        let user = self.users.get(id).await?;
        let settings = match changes.preferences {
            Some(preferences) => self.settings.update(id, preferences).await?,
            None => self.settings.get(id).await?,
        };
        let user = match changes.display_name {
            Some(name) => self.users.rename(id, name.as_deref()).await?,
            None => user,
        };
        Ok(Profile { user, settings })
    }
}
