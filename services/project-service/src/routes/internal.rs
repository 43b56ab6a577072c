//! For sibling services only; the gateway lets nobody else through.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Path};
use common::UserId;
use futures_util::stream::{Stream, TryStreamExt};
use platform::http::{Answer, AppError, Envelope, ServiceCaller, line, lines};

use super::errors;
use crate::dependencies::ProjectState;
use crate::schemas::internal::{DeletedUserData, ExportLine};

/// Deletes all that a deleted user owns; nothing can be made for that user afterwards. Safe to repeat.
#[utoipa::path(delete, path = "/internal/users/{id}", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = Envelope<DeletedUserData>, description = "What is gone.")))]
pub async fn delete_user_projects(
    state: Data<ProjectState>,
    _: ServiceCaller,
    user: Path<UserId>,
) -> Result<Answer<DeletedUserData>, AppError> {
    let deleted_projects = state.projects.delete_all(*user).await.map_err(errors::project)?;
    Ok(Answer::ok(DeletedUserData { deleted_projects }))
}

/// All that a user owns, one JSON object a line.
#[utoipa::path(get, path = "/internal/users/{id}/export", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = String, content_type = "application/x-ndjson", description = "The lines.")))]
pub async fn export_user_projects(
    state: Data<ProjectState>,
    _: ServiceCaller,
    user: Path<UserId>,
) -> HttpResponse {
    lines(export_lines(&state, *user))
}

/// The same, for who is in the same process.
pub fn export_lines(
    state: &ProjectState,
    user: UserId,
) -> impl Stream<Item = Result<Bytes, AppError>> + use<> {
    let records = state.export.clone().records(user).map_err(errors::prompt);
    records.and_then(async |record| line(&ExportLine::from(record)))
}
