use actix_web::web::{Data, Path};
use common::SessionId;
use platform::http::{Answer, AppError, Body, Caller, Envelope, Query};

use super::errors;
use crate::dependencies::{
    AuthState, Browser, CallingClient, CallingDevice, OptionalBody, PresentedToken, RefreshCookie,
};
use crate::schemas::sessions::{
    BrowserSessionData, DeletedSessionData, ListSessionsQuery, LogInRequest, LogOutRequest,
    RefreshSessionRequest, RefreshedData, SessionData, SessionsData, SignedOutData,
    VerifyLogInRequest,
};

/// Signs in, for programs: the tokens are in the answer.
///
/// Always begins a new session. If the request has the access token of another, that one ends. With a second factor the
/// answer is `SECOND_FACTOR_REQUIRED`, with a challenge for `/auth/login/verify`.
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

/// Signs in, for browsers: the tokens are in cookies.
#[utoipa::path(post, path = "/login", request_body = LogInRequest, security(()), responses((status = 200, body = Envelope<BrowserSessionData>, description = "Who signed in.")))]
pub async fn log_in_browser(
    state: Data<AuthState>,
    CallingClient(client): CallingClient,
    browser: Browser,
    Body(body): Body<LogInRequest>,
) -> Result<Answer<BrowserSessionData>, AppError> {
    let sign_in =
        state.sessions.log_in(body.email(), &body.password, client).await.map_err(errors::user)?;
    Ok(browser.sign_in(Answer::ok((&sign_in).into()), &sign_in))
}

/// The second half of a sign-in with a second factor, for programs.
#[utoipa::path(post, path = "/auth/login/verify", request_body = VerifyLogInRequest, security(()), responses((status = 200, body = Envelope<SessionData>, description = "Who signed in, and the tokens.")))]
pub async fn verify_log_in(
    state: Data<AuthState>,
    CallingClient(client): CallingClient,
    Body(body): Body<VerifyLogInRequest>,
) -> Result<Answer<SessionData>, AppError> {
    let verified = state.sessions.verify(&body.challenge, &body.code, client).await;
    Ok(Answer::ok(verified.map_err(errors::second_factor)?.into()))
}

/// The second half of a sign-in with a second factor, for browsers.
#[utoipa::path(post, path = "/login/verify", request_body = VerifyLogInRequest, security(()), responses((status = 200, body = Envelope<BrowserSessionData>, description = "Who signed in.")))]
pub async fn verify_log_in_browser(
    state: Data<AuthState>,
    CallingClient(client): CallingClient,
    browser: Browser,
    Body(body): Body<VerifyLogInRequest>,
) -> Result<Answer<BrowserSessionData>, AppError> {
    let verified = state.sessions.verify(&body.challenge, &body.code, client).await;
    let sign_in = verified.map_err(errors::second_factor)?;
    Ok(browser.sign_in(Answer::ok((&sign_in).into()), &sign_in))
}

/// Spends a refresh token, of the body or of a browser's cookie, for a new pair.
///
/// If the answer is lost, the same token may be sent again for half a minute; any other second use ends the session.
#[utoipa::path(post, path = "/auth/refresh", request_body = Option<RefreshSessionRequest>, security(()), responses((status = 200, body = Envelope<RefreshedData>, description = "Who is signed in, and the new tokens.")))]
pub async fn refresh_session(
    state: Data<AuthState>,
    CallingDevice(device): CallingDevice,
    browser: Browser,
    RefreshCookie(cookie): RefreshCookie,
    OptionalBody(body): OptionalBody<RefreshSessionRequest>,
) -> Result<Answer<RefreshedData>, AppError> {
    if let Some(body) = body {
        let sign_in = state.sessions.refresh(&body.refresh_token, device).await;
        return Ok(Answer::ok(RefreshedData::Program(sign_in.map_err(errors::refresh)?.into())));
    }
    let token = cookie.ok_or_else(errors::no_refresh_token)?;
    let sign_in = state.sessions.refresh(&token, device).await.map_err(errors::refresh)?;
    let answer = Answer::ok(RefreshedData::Browser((&sign_in).into()));
    Ok(browser.sign_in(answer, &sign_in))
}

/// Signs out: ends the session of the access token, which may have expired, and that of the refresh token in the body.
///
/// Answers the same if there is none.
#[utoipa::path(post, path = "/auth/logout", request_body = Option<LogOutRequest>, security(()), responses((status = 200, body = Envelope<SignedOutData>, description = "No session is left.")))]
pub async fn log_out(
    state: Data<AuthState>,
    CallingDevice(device): CallingDevice,
    PresentedToken(access): PresentedToken,
    browser: Browser,
    RefreshCookie(cookie): RefreshCookie,
    OptionalBody(body): OptionalBody<LogOutRequest>,
) -> Result<Answer<SignedOutData>, AppError> {
    let refresh = body.and_then(|body| body.refresh_token).or(cookie);
    let signed_out = state.sessions.log_out(access.as_ref(), refresh.as_ref(), device).await;
    signed_out.map_err(errors::session)?;
    Ok(browser.sign_out(Answer::ok(SignedOutData::default())))
}

/// Signs out a browser; the same as `/auth/logout`.
#[utoipa::path(post, path = "/logout", request_body = Option<LogOutRequest>, security(()), responses((status = 200, body = Envelope<SignedOutData>, description = "No session is left.")))]
pub async fn log_out_browser(
    state: Data<AuthState>,
    device: CallingDevice,
    access: PresentedToken,
    browser: Browser,
    cookie: RefreshCookie,
    body: OptionalBody<LogOutRequest>,
) -> Result<Answer<SignedOutData>, AppError> {
    log_out(state, device, access, browser, cookie, body).await
}

/// Whether somebody is signed in, who, and for how long without a refresh.
#[utoipa::path(get, path = "/check_session", responses((status = 200, body = Envelope<BrowserSessionData>, description = "Who is signed in.")))]
pub async fn check_session(
    state: Data<AuthState>,
    caller: Caller,
) -> Result<Answer<BrowserSessionData>, AppError> {
    let session = state.sessions.check(caller.user, caller.expires_at).await;
    Ok(Answer::ok(session.map_err(errors::user)?.into()))
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
