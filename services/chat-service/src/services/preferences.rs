use std::sync::Arc;

use common::domain::preferences::{PreferenceChanges, PreferenceError, Preferences as Chosen};
use common::repositories::PreferenceRepository;
use common::{Clock, UserId};

use super::Models;

/// What people want where their requests do not say.
pub struct Preferences {
    preferences: Arc<dyn PreferenceRepository>,
    models: Arc<Models>,
    clock: Arc<dyn Clock>,
}

impl Preferences {
    pub fn new(
        preferences: Arc<dyn PreferenceRepository>,
        models: Arc<Models>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { preferences, models, clock }
    }

    pub async fn get(&self, user: UserId) -> Result<Chosen, PreferenceError> {
        Ok(self.preferences.find(user).await?.unwrap_or_default())
    }

    /// Changes a person's preferences. A model is refused that the catalogue does not have; one that leaves it later is passed
    /// over.
    pub async fn update(
        &self,
        user: UserId,
        changes: PreferenceChanges,
    ) -> Result<Chosen, PreferenceError> {
        if let Some(Some(model)) = &changes.default_model
            && self.models.find(model).is_none()
        {
            return Err(PreferenceError::UnknownModel { model: model.clone() });
        }
        let updated = self.preferences.update(user, &changes, self.clock.now()).await?;
        updated.ok_or(PreferenceError::NotFound)
    }
}
