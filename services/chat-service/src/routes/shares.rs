use actix_web::web::{Data, Path};
use actix_web::{CustomizeResponder, HttpRequest, Responder};
use common::{ConversationId, ShareId};
use platform::http::{Answer, AppError, Caller, Envelope, HalfKey, IdempotencyKeyHeader};

use super::errors;
use crate::dependencies::ChatState;
use crate::schemas::shares::{DeletedShareData, NewShareData, SharedConversationData, SharesData};

/// Who was given the address may read it; who searches the web should not find it.
const UNLISTED: (&str, &str) = ("x-robots-tag", "noindex");

/// Shares a conversation as it is now: everybody who has the token sees the active branch, without images and without whose it
/// is. What is said later is not shown.
#[utoipa::path(post, path = "/conversations/{id}/shares", params(("id" = ConversationId, Path), IdempotencyKeyHeader), responses((status = 201, body = Envelope<NewShareData>, description = "The share, with its token.")))]
pub async fn create_share(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ConversationId>,
    request: HttpRequest,
) -> Result<Answer<NewShareData>, AppError> {
    let key = HalfKey::of(&request)?.map(HalfKey::finish);
    let (share, token) = state.shares.create(caller.user, *id, key).await.map_err(errors::share)?;
    Ok(Answer::created(NewShareData::new(share, &token)))
}

/// A conversation's shares, without their tokens.
#[utoipa::path(get, path = "/conversations/{id}/shares", params(("id" = ConversationId, Path)), responses((status = 200, body = Envelope<SharesData>, description = "The shares.")))]
pub async fn list_shares(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ConversationId>,
) -> Result<Answer<SharesData>, AppError> {
    let shares = state.shares.list(caller.user, *id).await.map_err(errors::share)?;
    Ok(Answer::ok(shares.into()))
}

/// Takes a share back: its token opens nothing any more.
#[utoipa::path(delete, path = "/shares/{id}", params(("id" = ShareId, Path)), responses((status = 200, body = Envelope<DeletedShareData>, description = "What is gone.")))]
pub async fn delete_share(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ShareId>,
) -> Result<Answer<DeletedShareData>, AppError> {
    state.shares.delete(caller.user, *id).await.map_err(errors::share)?;
    Ok(Answer::ok(DeletedShareData { deleted_share: *id }))
}

/// A shared conversation, for everybody who has the token.
#[utoipa::path(get, path = "/shared/{token}", security(()), params(("token" = String, Path)), responses((status = 200, body = Envelope<SharedConversationData>, description = "The conversation as it was.")))]
pub async fn get_shared_conversation(
    state: Data<ChatState>,
    token: Path<String>,
) -> Result<CustomizeResponder<Answer<SharedConversationData>>, AppError> {
    let token = token.into_inner().into();
    let snapshot = state.shares.open(&token).await.map_err(errors::share)?;
    Ok(Answer::ok(snapshot.into()).customize().insert_header(UNLISTED))
}
