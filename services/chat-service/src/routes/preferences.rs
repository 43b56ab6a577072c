use actix_web::web::{Data, Path};
use common::UserId;
use platform::http::{Answer, AppError, Body, Envelope, ServiceCaller};

use super::errors;
use crate::dependencies::ChatState;
use crate::schemas::preferences::{PreferencesData, UpdatePreferencesRequest};

/// What a person wants where a request does not say, for a sibling service that shows it.
#[utoipa::path(get, path = "/internal/users/{id}/preferences", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = Envelope<PreferencesData>, description = "The preferences.")))]
pub async fn get_preferences(
    state: Data<ChatState>,
    _: ServiceCaller,
    user: Path<UserId>,
) -> Result<Answer<PreferencesData>, AppError> {
    let preferences = state.preferences.get(*user).await.map_err(errors::preferences)?;
    Ok(Answer::ok(preferences.into()))
}

/// Changes what a person wants where a request does not say.
#[utoipa::path(patch, path = "/internal/users/{id}/preferences", params(("id" = uuid::Uuid, Path)), request_body = UpdatePreferencesRequest, responses((status = 200, body = Envelope<PreferencesData>, description = "The preferences as they now are.")))]
pub async fn update_preferences(
    state: Data<ChatState>,
    _: ServiceCaller,
    user: Path<UserId>,
    Body(body): Body<UpdatePreferencesRequest>,
) -> Result<Answer<PreferencesData>, AppError> {
    let preferences =
        state.preferences.update(*user, body.into()).await.map_err(errors::preferences)?;
    Ok(Answer::ok(preferences.into()))
}
