use actix_web::web::Data;
use async_trait::async_trait;
use auth_service::services::SettingsAccess;
use chat_service::ChatState;
use common::UserId;
use common::domain::preferences::{PreferenceChanges, PreferenceError};
use common::domain::profile::{ProfileError, ProfileSettings};

/// chat-service in the same process, for auth-service.
pub struct InProcessSettings(pub Data<ChatState>);

#[async_trait]
impl SettingsAccess for InProcessSettings {
    async fn get(&self, user: UserId) -> Result<ProfileSettings, ProfileError> {
        self.0.preferences.get(user).await.map_err(failure)
    }

    async fn update(
        &self,
        user: UserId,
        changes: PreferenceChanges,
    ) -> Result<ProfileSettings, ProfileError> {
        self.0.preferences.update(user, changes).await.map_err(failure)
    }
}

fn failure(error: PreferenceError) -> ProfileError {
    match error {
        PreferenceError::NotFound => ProfileError::NotFound,
        PreferenceError::UnknownModel { model } => ProfileError::UnknownModel { model },
        PreferenceError::Store(error) => ProfileError::Unavailable(Box::new(error)),
    }
}
