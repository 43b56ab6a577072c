use actix_web::web::Data;
use platform::http::{Answer, AppError, Body, Envelope};

use super::errors;
use crate::dependencies::{AuthState, CallingClient, InSession};
use crate::schemas::second_factors::{
    DeletedSecondFactorData, DisableSecondFactorRequest, EnableSecondFactorRequest,
    PendingFactorData, RecoveryCodesData,
};

/// Makes a second factor, which waits for its first code.
#[utoipa::path(post, path = "/users/me/two-factor", responses((status = 200, body = Envelope<PendingFactorData>, description = "What goes into an app.")))]
pub async fn begin_second_factor(
    state: Data<AuthState>,
    InSession(caller): InSession,
) -> Result<Answer<PendingFactorData>, AppError> {
    let pending = state.second_factors.begin(caller.user).await.map_err(errors::second_factor)?;
    Ok(Answer::ok(pending.into()))
}

/// Switches the second factor on, by its first code.
#[utoipa::path(put, path = "/users/me/two-factor", request_body = EnableSecondFactorRequest, responses((status = 200, body = Envelope<RecoveryCodesData>, description = "Codes for the day on which the app is lost.")))]
pub async fn enable_second_factor(
    state: Data<AuthState>,
    InSession(caller): InSession,
    CallingClient(client): CallingClient,
    Body(body): Body<EnableSecondFactorRequest>,
) -> Result<Answer<RecoveryCodesData>, AppError> {
    let codes = state
        .second_factors
        .enable(caller.user, &body.code, &client)
        .await
        .map_err(errors::second_factor)?;
    Ok(Answer::ok(codes.into()))
}

/// Switches the second factor off.
#[utoipa::path(delete, path = "/users/me/two-factor", request_body = DisableSecondFactorRequest, responses((status = 200, body = Envelope<DeletedSecondFactorData>, description = "A password is enough again.")))]
pub async fn disable_second_factor(
    state: Data<AuthState>,
    InSession(caller): InSession,
    CallingClient(client): CallingClient,
    Body(body): Body<DisableSecondFactorRequest>,
) -> Result<Answer<DeletedSecondFactorData>, AppError> {
    state
        .second_factors
        .disable(caller.user, &body.password, &body.code, &client)
        .await
        .map_err(errors::second_factor)?;
    Ok(Answer::ok(caller.user.into()))
}
