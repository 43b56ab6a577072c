use actix_web::web::Data;
use platform::http::{Answer, AppError, Body, Envelope};

use super::errors;
use crate::dependencies::{AuthState, CallingDevice};
use crate::schemas::sessions::{LogInRequest, RefreshSessionRequest, SessionData};

/// Signs in, for programs: the tokens are in the answer.
#[utoipa::path(post, path = "/auth/login", request_body = LogInRequest, security(()), responses((status = 200, body = Envelope<SessionData>, description = "Who signed in, and the tokens.")))]
pub async fn log_in(
    state: Data<AuthState>,
    CallingDevice(device): CallingDevice,
    Body(body): Body<LogInRequest>,
) -> Result<Answer<SessionData>, AppError> {
    let sign_in =
        state.sessions.log_in(body.email(), &body.password, device).await.map_err(errors::user)?;
    Ok(Answer::ok(sign_in.into()))
}

/// Spends a refresh token for a new pair.
///
/// If the answer is lost, the same token may be sent again for half a minute; any other second use ends the session.
#[utoipa::path(post, path = "/auth/refresh", request_body = RefreshSessionRequest, security(()), responses((status = 200, body = Envelope<SessionData>, description = "Who is signed in, and the new tokens.")))]
pub async fn refresh_session(
    state: Data<AuthState>,
    Body(body): Body<RefreshSessionRequest>,
) -> Result<Answer<SessionData>, AppError> {
    let sign_in = state.sessions.refresh(&body.refresh_token).await.map_err(errors::refresh)?;
    Ok(Answer::ok(sign_in.into()))
}
