use actix_web::web::Data;
use platform::http::{Answer, AppError, Body, Caller, Envelope};

use super::errors;
use crate::dependencies::{AuthState, Browser, CallingClient, CallingDevice, InSession};
use crate::schemas::sessions::RefreshedData;
use crate::schemas::users::{
    ChangePasswordRequest, CreateUserRequest, DeleteAccountRequest, DeletedAccountData, UserData,
};

/// Makes an account.
#[utoipa::path(post, path = "/auth/register", request_body = CreateUserRequest, security(()), responses((status = 201, body = Envelope<UserData>, description = "The account.")))]
pub async fn register(
    state: Data<AuthState>,
    CallingDevice(device): CallingDevice,
    Body(body): Body<CreateUserRequest>,
) -> Result<Answer<UserData>, AppError> {
    let user = state.users.register(body.into(), device).await.map_err(errors::user)?;
    Ok(Answer::created(user.into()))
}

/// Makes an account; the same as `/auth/register`.
#[utoipa::path(post, path = "/users", request_body = CreateUserRequest, security(()), responses((status = 201, body = Envelope<UserData>, description = "The account.")))]
pub async fn create_user(
    state: Data<AuthState>,
    CallingDevice(device): CallingDevice,
    Body(body): Body<CreateUserRequest>,
) -> Result<Answer<UserData>, AppError> {
    let user = state.users.register(body.into(), device).await.map_err(errors::user)?;
    Ok(Answer::created(user.into()))
}

/// The caller's account.
#[utoipa::path(get, path = "/users/me", responses((status = 200, body = Envelope<UserData>, description = "The account.")))]
pub async fn get_me(state: Data<AuthState>, caller: Caller) -> Result<Answer<UserData>, AppError> {
    let user = state.users.get(caller.user).await.map_err(errors::user)?;
    Ok(Answer::ok(user.into()))
}

/// Replaces the caller's password.
///
/// All other sessions end, and this one goes on with the new tokens of the answer: in its body, or in cookies for a browser.
/// Personal access tokens stay; revoke those that should not.
#[utoipa::path(put, path = "/users/me/password", request_body = ChangePasswordRequest, responses((status = 200, body = Envelope<RefreshedData>, description = "The account, and the new tokens.")))]
pub async fn change_password(
    state: Data<AuthState>,
    InSession(caller): InSession,
    CallingClient(client): CallingClient,
    browser: Browser,
    Body(body): Body<ChangePasswordRequest>,
) -> Result<Answer<RefreshedData>, AppError> {
    let (session, current, new) =
        ((caller.user, caller.session), &body.current_password, &body.new_password);
    let changed = state.sessions.change_password(session, current, new, client).await;
    let sign_in = changed.map_err(errors::new_password)?;
    if caller.is_by_cookie {
        let answer = Answer::ok(RefreshedData::Browser((&sign_in).into()));
        return Ok(browser.sign_in(answer, &sign_in));
    }
    Ok(Answer::ok(RefreshedData::Program(sign_in.into())))
}

/// Deletes the caller's account, at once, and everything that it owns in all services, a moment later.
///
/// Every session and every personal access token ends. The address can be registered again.
#[utoipa::path(post, path = "/users/me/deletion", request_body = DeleteAccountRequest, responses((status = 202, body = Envelope<DeletedAccountData>, description = "The account is gone.")))]
pub async fn delete_account(
    state: Data<AuthState>,
    caller: Caller,
    CallingClient(client): CallingClient,
    Body(body): Body<DeleteAccountRequest>,
) -> Result<Answer<DeletedAccountData>, AppError> {
    state.users.delete(caller.user, &body.password, &client).await.map_err(errors::user)?;
    Ok(Answer::accepted(caller.user.into()))
}
