use actix_web::web::{Data, Path};
use common::domain::api_key::KeyName;
use platform::http::{Answer, AppError, Body, Caller, Envelope};

use super::errors;
use crate::dependencies::ChatState;
use crate::schemas::api_keys::{
    ApiKeysData, DeletedApiKeyData, UpdateApiKeysRequest, UpdatedApiKeysData,
};

/// Stores the caller's own keys for providers, each asked about once, and deletes those that are null.
#[utoipa::path(post, path = "/profile/api-keys", request_body = UpdateApiKeysRequest, responses((status = 200, body = Envelope<UpdatedApiKeysData>, description = "What was stored or deleted, and what the providers said.")))]
pub async fn update_api_keys(
    state: Data<ChatState>,
    caller: Caller,
    Body(body): Body<UpdateApiKeysRequest>,
) -> Result<Answer<UpdatedApiKeysData>, AppError> {
    let updated =
        state.api_keys.update(caller.user, body.into_keys()).await.map_err(errors::api_key)?;
    Ok(Answer::ok(updated.into()))
}

/// Which keys the caller has. A stored key is never shown again.
#[utoipa::path(get, path = "/profile/api-keys", responses((status = 200, body = Envelope<ApiKeysData>, description = "All of them.")))]
pub async fn list_api_keys(
    state: Data<ChatState>,
    caller: Caller,
) -> Result<Answer<ApiKeysData>, AppError> {
    let keys = state.api_keys.list(caller.user).await.map_err(errors::api_key)?;
    Ok(Answer::ok(keys.into()))
}

/// Deletes one of the caller's keys.
#[utoipa::path(delete, path = "/profile/api-keys/{name}", params(("name" = KeyName, Path)), responses((status = 200, body = Envelope<DeletedApiKeyData>, description = "What is gone.")))]
pub async fn delete_api_key(
    state: Data<ChatState>,
    caller: Caller,
    name: Path<KeyName>,
) -> Result<Answer<DeletedApiKeyData>, AppError> {
    state.api_keys.delete(caller.user, *name).await.map_err(errors::api_key)?;
    Ok(Answer::ok(DeletedApiKeyData { deleted_api_key: *name }))
}
