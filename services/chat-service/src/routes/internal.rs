//! For sibling services only; the gateway lets nobody else through.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use common::{ProjectId, UserId};
use platform::http::{Answer, AppError, Envelope, ServiceCaller, lines};

use super::errors;
use super::export::export_lines;
use crate::dependencies::ChatState;
use crate::schemas::internal::{DeletedUserConversationsData, ForgottenProjectData};

/// Deletes a deleted project's conversations; none can be made in it afterwards. Safe to repeat.
#[utoipa::path(delete, path = "/internal/projects/{id}", params(("id" = ProjectId, Path)), responses((status = 200, body = Envelope<ForgottenProjectData>, description = "They are gone.")))]
pub async fn delete_project_conversations(
    state: Data<ChatState>,
    _: ServiceCaller,
    project: Path<ProjectId>,
) -> Result<Answer<ForgottenProjectData>, AppError> {
    state.conversations.delete_of_project(*project).await.map_err(errors::conversation)?;
    Ok(Answer::ok(ForgottenProjectData { deleted_project: *project }))
}

/// Deletes all that a deleted user owns; nothing can be made for that user afterwards. Safe to repeat.
#[utoipa::path(delete, path = "/internal/users/{id}", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = Envelope<DeletedUserConversationsData>, description = "What is gone.")))]
pub async fn delete_user_conversations(
    state: Data<ChatState>,
    _: ServiceCaller,
    user: Path<UserId>,
) -> Result<Answer<DeletedUserConversationsData>, AppError> {
    let deleted = state.users.delete(*user).await.map_err(errors::conversation)?;
    Ok(Answer::ok(deleted.into()))
}

/// All that a user owns, one JSON object a line.
#[utoipa::path(get, path = "/internal/users/{id}/export", params(("id" = uuid::Uuid, Path)), responses((status = 200, body = String, content_type = "application/x-ndjson", description = "The lines.")))]
pub async fn export_user_conversations(
    state: Data<ChatState>,
    _: ServiceCaller,
    user: Path<UserId>,
) -> HttpResponse {
    lines(export_lines(&state, *user))
}
