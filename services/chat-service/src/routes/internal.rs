//! For sibling services only; the gateway lets nobody else through.

use actix_web::web::{Data, Path};
use common::ProjectId;
use platform::http::{Answer, AppError, Envelope, ServiceCaller};

use super::errors;
use crate::dependencies::ChatState;
use crate::schemas::internal::ForgottenProjectData;

/// Deletes a deleted project's conversations. Safe to repeat.
#[utoipa::path(delete, path = "/internal/projects/{id}", params(("id" = ProjectId, Path)), responses((status = 200, body = Envelope<ForgottenProjectData>, description = "They are gone.")))]
pub async fn delete_project_conversations(
    state: Data<ChatState>,
    _: ServiceCaller,
    project: Path<ProjectId>,
) -> Result<Answer<ForgottenProjectData>, AppError> {
    state.conversations.delete_of_project(*project).await.map_err(errors::conversation)?;
    Ok(Answer::ok(ForgottenProjectData { deleted_project: *project }))
}
