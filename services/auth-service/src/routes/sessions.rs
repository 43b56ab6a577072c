use actix_web::web::{Data, Path};
use common::SessionId;
use platform::http::{Answer, AppError, Body, Caller, Envelope, Query};

use super::errors;
use crate::dependencies::{AuthState, CallingClient, CallingDevice, OptionalBody, PresentedToken};
use crate::schemas::sessions::{
    DeletedSessionData, ListSessionsQuery, LogInRequest, LogOutRequest, RefreshSessionRequest,
    SessionData, SessionsData, SignedOutData,
};

/// Signs in, for programs: the tokens are in the answer.
///
/// Always begins a new session. If the request has the access token of another, that one ends.
#[utoipa::path(post, path = "/auth/login", request_body = LogInRequest, security(()), responses((status = 200, body = Envelope<SessionData>, description = "Who signed in, and the tokens.")))]
pub async fn log_in(
    state: Data<AuthState>,
    CallingClient(client): CallingClient,
    Body(body): Body<LogInRequest>,
) -> Result<Answer<SessionData>, AppError> {
    let sign_in =
        state.sessions.log_in(body.email(), &body.password, client).await.map_err(errors::user)?;
    Ok(Answer::ok(sign_in.into()))
}

/// Spends a refresh token for a new pair.
///
/// If the answer is lost, the same token may be sent again for half a minute; any other second use ends the session.
#[utoipa::path(post, path = "/auth/refresh", request_body = RefreshSessionRequest, security(()), responses((status = 200, body = Envelope<SessionData>, description = "Who is signed in, and the new tokens.")))]
pub async fn refresh_session(
    state: Data<AuthState>,
    CallingDevice(device): CallingDevice,
    Body(body): Body<RefreshSessionRequest>,
) -> Result<Answer<SessionData>, AppError> {
    let sign_in =
        state.sessions.refresh(&body.refresh_token, device).await.map_err(errors::refresh)?;
    Ok(Answer::ok(sign_in.into()))
}

/// Signs out: ends the session of the access token, which may have expired, and that of the refresh token in the body.
///
/// Answers the same if there is none.
#[utoipa::path(post, path = "/auth/logout", request_body = Option<LogOutRequest>, security(()), responses((status = 200, body = Envelope<SignedOutData>, description = "No session is left.")))]
pub async fn log_out(
    state: Data<AuthState>,
    CallingDevice(device): CallingDevice,
    PresentedToken(access_token): PresentedToken,
    OptionalBody(body): OptionalBody<LogOutRequest>,
) -> Result<Answer<SignedOutData>, AppError> {
    let refresh_token = body.and_then(|body| body.refresh_token);
    state
        .sessions
        .log_out(access_token.as_ref(), refresh_token.as_ref(), device)
        .await
        .map_err(errors::session)?;
    Ok(Answer::ok(SignedOutData::default()))
}

/// Where the caller is signed in, newest first.
#[utoipa::path(get, path = "/auth/sessions", params(ListSessionsQuery), responses((status = 200, body = Envelope<SessionsData>, description = "A page of sessions.")))]
pub async fn list_sessions(
    state: Data<AuthState>,
    caller: Caller,
    Query(query): Query<ListSessionsQuery>,
) -> Result<Answer<SessionsData>, AppError> {
    let paging = query.paging(caller.user)?;
    let page = state.sessions.list(caller.user, paging.request()).await.map_err(errors::session)?;
    let pagination = paging.pagination(&page);
    Ok(Answer::ok(SessionsData::of(page, caller.session)).paged(pagination))
}

/// Signs one session out.
#[utoipa::path(delete, path = "/auth/sessions/{id}", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = Envelope<DeletedSessionData>, description = "What is gone.")))]
pub async fn delete_session(
    state: Data<AuthState>,
    caller: Caller,
    CallingDevice(device): CallingDevice,
    id: Path<SessionId>,
) -> Result<Answer<DeletedSessionData>, AppError> {
    state.sessions.revoke(caller.user, *id, device).await.map_err(errors::session)?;
    Ok(Answer::ok((*id).into()))
}
