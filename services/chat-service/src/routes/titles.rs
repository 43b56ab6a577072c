use actix_web::web::{Data, Path};
use common::{ConversationId, ProjectId};
use platform::http::{Answer, AppError, Caller, Envelope};

use super::errors;
use crate::dependencies::ChatState;
use crate::schemas::conversations::ConversationData;
use crate::schemas::titles::ProjectNameData;
use crate::services::OnBehalf;

/// Has the conversation's model name it after its first exchange.
#[utoipa::path(post, path = "/conversations/{id}/title", params(("id" = ConversationId, Path)), responses((status = 200, body = Envelope<ConversationData>, description = "The conversation as it now is.")))]
pub async fn generate_title(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ConversationId>,
) -> Result<Answer<ConversationData>, AppError> {
    let conversation = state.titles.generate(caller.user, *id).await.map_err(errors::asking)?;
    Ok(Answer::ok(conversation.into()))
}

/// Has a model name a project after the first exchange of its oldest conversation.
#[utoipa::path(post, path = "/projects/{id}/generate_name", params(("id" = ProjectId, Path)), responses((status = 200, body = Envelope<ProjectNameData>, description = "The project's new name.")))]
pub async fn generate_project_name(
    state: Data<ChatState>,
    whom: OnBehalf,
    id: Path<ProjectId>,
) -> Result<Answer<ProjectNameData>, AppError> {
    let name = state.titles.generate_project_name(&whom, *id).await.map_err(errors::asking)?;
    Ok(Answer::ok(ProjectNameData { name }))
}
