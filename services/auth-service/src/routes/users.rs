use actix_web::web::Data;
use platform::http::{Answer, AppError, Body, Caller, Envelope};

use super::errors;
use crate::dependencies::{AuthState, CallingClient, CallingDevice};
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
/// All other sessions end. Personal access tokens stay; revoke those that should not.
#[utoipa::path(put, path = "/users/me/password", request_body = ChangePasswordRequest, responses((status = 200, body = Envelope<UserData>, description = "The account.")))]
pub async fn change_password(
    state: Data<AuthState>,
    caller: Caller,
    CallingClient(client): CallingClient,
    Body(body): Body<ChangePasswordRequest>,
) -> Result<Answer<UserData>, AppError> {
    let user = state
        .users
        .change_password(
            (caller.user, caller.session),
            &body.current_password,
            &body.new_password,
            client,
        )
        .await
        .map_err(errors::new_password)?;
    Ok(Answer::ok(user.into()))
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
