use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use common::ImportId;
use common::domain::import::MAX_IMPORT_BYTES;
use platform::http::{Answer, AppError, Caller, Envelope, HalfKey, IdempotencyKeyHeader, Upload};

use super::errors;
use crate::dependencies::ChatState;
use crate::schemas::imports::{ImportData, ImportStartedData};

/// Makes conversations of a file: one that OmniChat has exported, a conversation or all of an account, or ChatGPT's
/// `conversations.json`, told from what is in it. At most 256 MiB, of which one conversation may have 64. The file is read by a
/// job once it is stored; a request that breaks off leaves nothing.
#[utoipa::path(post, path = "/conversations/import", params(IdempotencyKeyHeader), request_body(content = String, content_type = "application/json", description = "The file, as `application/json` or `application/x-ndjson`."), responses((status = 202, body = Envelope<ImportStartedData>, description = "The job.")))]
pub async fn import_conversations(
    state: Data<ChatState>,
    caller: Caller,
    request: HttpRequest,
    mut upload: Upload<MAX_IMPORT_BYTES>,
) -> Result<Answer<ImportStartedData>, AppError> {
    let key = HalfKey::of(&request)?.map(|half| (half.key, half.fingerprinter));
    let mut file = state.imports.receive(caller.user, key).await.map_err(errors::import)?;
    while let Some(piece) = upload.next().await {
        file.take(&piece?).await.map_err(errors::import)?;
    }
    let job_id = file.finish().await.map_err(errors::import)?;
    Ok(Answer::accepted(ImportStartedData { job_id }))
}

/// How far an import is, and what became of what was in the file.
#[utoipa::path(get, path = "/imports/{id}", params(("id" = ImportId, Path)), responses((status = 200, body = Envelope<ImportData>, description = "The import.")))]
pub async fn get_import(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ImportId>,
) -> Result<Answer<ImportData>, AppError> {
    let import = state.imports.get(caller.user, *id).await.map_err(errors::import)?;
    Ok(Answer::ok(import.into()))
}
