use actix_web::web::{Data, Path};
use common::TokenId;
use platform::http::{Answer, AppError, Body, Caller, Envelope, Query};

use super::errors;
use crate::dependencies::{AuthState, CallingDevice, InSession};
use crate::schemas::tokens::{
    CreateTokenRequest, CreatedTokenData, DeletedTokenData, ListTokensQuery, TokensData,
};

/// Makes a personal access token, for a program that acts in the caller's name.
///
/// The secret is shown this once. It is sent as `Authorization: Bearer …`, to every service.
#[utoipa::path(post, path = "/auth/tokens", request_body = CreateTokenRequest, responses((status = 201, body = Envelope<CreatedTokenData>, description = "The token and its secret.")))]
pub async fn create_token(
    state: Data<AuthState>,
    InSession(caller): InSession,
    CallingDevice(device): CallingDevice,
    Body(body): Body<CreateTokenRequest>,
) -> Result<Answer<CreatedTokenData>, AppError> {
    let created = state
        .tokens
        .create(caller.user, body.into(), device)
        .await
        .map_err(errors::personal_token)?;
    Ok(Answer::created(created.into()))
}

/// The caller's personal access tokens, newest first.
#[utoipa::path(get, path = "/auth/tokens", params(ListTokensQuery), responses((status = 200, body = Envelope<TokensData>, description = "A page of tokens.")))]
pub async fn list_tokens(
    state: Data<AuthState>,
    caller: Caller,
    Query(query): Query<ListTokensQuery>,
) -> Result<Answer<TokensData>, AppError> {
    let paging = query.paging(caller.user)?;
    let page = state.tokens.list(caller.user, paging.request()).await;
    let page = page.map_err(errors::personal_token)?;
    let pagination = paging.pagination(&page);
    Ok(Answer::ok(page.into()).paged(pagination))
}

/// Revokes a personal access token.
#[utoipa::path(delete, path = "/auth/tokens/{id}", params(("id" = TokenId, Path)), responses((status = 200, body = Envelope<DeletedTokenData>, description = "What is gone.")))]
pub async fn delete_token(
    state: Data<AuthState>,
    caller: Caller,
    CallingDevice(device): CallingDevice,
    id: Path<TokenId>,
) -> Result<Answer<DeletedTokenData>, AppError> {
    state.tokens.revoke(caller.user, *id, device).await.map_err(errors::personal_token)?;
    Ok(Answer::ok((*id).into()))
}
