use std::sync::Arc;

use common::domain::preferences::{PreferenceChanges, PreferenceError, Preferences as Chosen};
use common::domain::profile::ProfileSettings;
use common::repositories::PreferenceRepository;
use common::{Clock, UserId};

use super::{Models, Vault};

/// What people want where their requests do not say.
pub struct Preferences {
    preferences: Arc<dyn PreferenceRepository>,
    models: Arc<Models>,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
}

impl Preferences {
    pub fn new(
        preferences: Arc<dyn PreferenceRepository>,
        models: Arc<Models>,
        vault: Arc<Vault>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { preferences, models, vault, clock }
    }

    /// A person's preferences, and which keys the person has.
    pub async fn get(&self, user: UserId) -> Result<ProfileSettings, PreferenceError> {
        let found = self.preferences.find(user).await?;
        self.with_keys(user, found.unwrap_or_default()).await
    }

    /// Changes a person's preferences. A model is refused that the catalogue does not have; one that leaves it later is passed
    /// over.
    pub async fn update(
        &self,
        user: UserId,
        changes: PreferenceChanges,
    ) -> Result<ProfileSettings, PreferenceError> {
        if let Some(Some(model)) = &changes.default_model
            && self.models.find(model).is_none()
        {
            return Err(PreferenceError::UnknownModel { model: model.clone() });
        }
        let updated = self.preferences.update(user, &changes, self.clock.now()).await?;
        self.with_keys(user, updated.ok_or(PreferenceError::NotFound)?).await
    }

    async fn with_keys(
        &self,
        user: UserId,
        preferences: Chosen,
    ) -> Result<ProfileSettings, PreferenceError> {
        Ok(ProfileSettings { preferences, keys: self.vault.statuses(user).await? })
    }
}
