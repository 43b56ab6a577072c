use actix_web::web::Data;
use platform::http::{Answer, AppError, Body, Caller, Envelope};

use super::errors;
use crate::dependencies::AuthState;
use crate::schemas::profile::{ProfileData, UpdateProfileRequest};

/// The caller's account, settings and keys.
#[utoipa::path(get, path = "/profile", responses((status = 200, body = Envelope<ProfileData>, description = "The profile.")))]
pub async fn get_profile(
    state: Data<AuthState>,
    caller: Caller,
) -> Result<Answer<ProfileData>, AppError> {
    let profile = state.profiles.get(caller.user).await.map_err(errors::profile)?;
    Ok(Answer::ok(profile.into()))
}

/// Changes the caller's name or settings.
#[utoipa::path(patch, path = "/profile", request_body = UpdateProfileRequest, responses((status = 200, body = Envelope<ProfileData>, description = "The profile as it now is.")))]
pub async fn update_profile(
    state: Data<AuthState>,
    caller: Caller,
    Body(body): Body<UpdateProfileRequest>,
) -> Result<Answer<ProfileData>, AppError> {
    let profile = state.profiles.update(caller.user, body.into()).await.map_err(errors::profile)?;
    Ok(Answer::ok(profile.into()))
}
