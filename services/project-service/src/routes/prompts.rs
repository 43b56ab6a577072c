use actix_web::web::{Data, Path};
use common::{ProjectId, PromptId};
use platform::http::{
    Answer, AppError, Body, Caller, Envelope, IdempotencyKeyHeader, Idempotent, Query,
};

use super::errors;
use crate::dependencies::{OwnedProject, ProjectState};
use crate::schemas::prompts::{
    CreatePromptRequest, DeletedPromptData, ListProjectPromptsQuery, ListPromptsQuery,
    ListVersionsQuery, PromptData, PromptVersionData, PromptVersionsData, PromptsData,
    RenderPromptRequest, RenderedPromptData, RestorePromptRequest, UpdatePromptRequest,
};

/// A project's prompts. The entity tag changes with every change to any prompt of the project.
#[utoipa::path(get, path = "/projects/{id}/prompts", params(("id" = ProjectId, Path), ListProjectPromptsQuery), responses((status = 200, body = Envelope<PromptsData>, description = "A page of prompts."), (status = 304, description = "Nothing has changed since `If-None-Match`.")))]
pub async fn list_project_prompts(
    state: Data<ProjectState>,
    OwnedProject(project): OwnedProject,
    Query(query): Query<ListProjectPromptsQuery>,
) -> Result<Answer<PromptsData>, AppError> {
    let paging = query.paging(&project)?;
    let page = state
        .prompts
        .list(project.owner, &query.filter(project.id), paging.request())
        .await
        .map_err(errors::prompt)?;
    let pagination = paging.pagination(&page);
    Ok(Answer::ok(page.into()).paged(pagination).tagged(project.prompts_revision.to_string()))
}

/// Makes a prompt, at version 1.
#[utoipa::path(post, path = "/projects/{id}/prompts", params(("id" = ProjectId, Path), IdempotencyKeyHeader), request_body = CreatePromptRequest, responses((status = 201, body = Envelope<PromptData>, description = "The prompt.")))]
pub async fn create_prompt(
    state: Data<ProjectState>,
    caller: Caller,
    project: Path<ProjectId>,
    Idempotent { key, body: Body(body) }: Idempotent<Body<CreatePromptRequest>>,
) -> Result<Answer<PromptData>, AppError> {
    let made = state.prompts.create(caller.user, *project, body.into(), key).await;
    Ok(Answer::created(made.map_err(errors::prompt)?.into()))
}

/// The caller's prompts across projects.
#[utoipa::path(get, path = "/prompts", params(ListPromptsQuery), responses((status = 200, body = Envelope<PromptsData>, description = "A page of prompts.")))]
pub async fn list_prompts(
    state: Data<ProjectState>,
    caller: Caller,
    Query(query): Query<ListPromptsQuery>,
) -> Result<Answer<PromptsData>, AppError> {
    let paging = query.paging(caller.user)?;
    let page = state
        .prompts
        .list(caller.user, &query.filter(), paging.request())
        .await
        .map_err(errors::prompt)?;
    let pagination = paging.pagination(&page);
    Ok(Answer::ok(page.into()).paged(pagination))
}

/// One prompt as it now stands.
#[utoipa::path(get, path = "/prompts/{id}", params(("id" = PromptId, Path)), responses((status = 200, body = Envelope<PromptData>, description = "The prompt.")))]
pub async fn get_prompt(
    state: Data<ProjectState>,
    caller: Caller,
    id: Path<PromptId>,
) -> Result<Answer<PromptData>, AppError> {
    let prompt = state.prompts.get(caller.user, *id).await.map_err(errors::prompt)?;
    Ok(Answer::ok(prompt.into()))
}

/// Changes a prompt; a changed text becomes the next version and the old one is kept.
#[utoipa::path(patch, path = "/prompts/{id}", params(("id" = PromptId, Path)), request_body = UpdatePromptRequest, responses((status = 200, body = Envelope<PromptData>, description = "The prompt as it now stands.")))]
pub async fn update_prompt(
    state: Data<ProjectState>,
    caller: Caller,
    id: Path<PromptId>,
    Body(body): Body<UpdatePromptRequest>,
) -> Result<Answer<PromptData>, AppError> {
    let prompt =
        state.prompts.update(caller.user, *id, &body.into()).await.map_err(errors::prompt)?;
    Ok(Answer::ok(prompt.into()))
}

/// Deletes a prompt with all its versions.
#[utoipa::path(delete, path = "/prompts/{id}", params(("id" = PromptId, Path)), responses((status = 200, body = Envelope<DeletedPromptData>, description = "What is gone.")))]
pub async fn delete_prompt(
    state: Data<ProjectState>,
    caller: Caller,
    id: Path<PromptId>,
) -> Result<Answer<DeletedPromptData>, AppError> {
    state.prompts.delete(caller.user, *id).await.map_err(errors::prompt)?;
    Ok(Answer::ok(DeletedPromptData { deleted_prompt: *id }))
}

/// All texts that a prompt has had, newest first.
#[utoipa::path(get, path = "/prompts/{id}/versions", params(("id" = PromptId, Path), ListVersionsQuery), responses((status = 200, body = Envelope<PromptVersionsData>, description = "A page of versions.")))]
pub async fn list_prompt_versions(
    state: Data<ProjectState>,
    caller: Caller,
    id: Path<PromptId>,
    Query(query): Query<ListVersionsQuery>,
) -> Result<Answer<PromptVersionsData>, AppError> {
    let paging = query.paging(*id)?;
    let page =
        state.prompts.versions(caller.user, *id, paging.request()).await.map_err(errors::prompt)?;
    let pagination = paging.pagination(&page);
    Ok(Answer::ok(page.into()).paged(pagination))
}

/// One text that a prompt has had.
#[utoipa::path(get, path = "/prompts/{id}/versions/{n}", params(("id" = PromptId, Path), ("n" = u32, Path)), responses((status = 200, body = Envelope<PromptVersionData>, description = "The version.")))]
pub async fn get_prompt_version(
    state: Data<ProjectState>,
    caller: Caller,
    path: Path<(PromptId, u32)>,
) -> Result<Answer<PromptVersionData>, AppError> {
    let (id, version) = path.into_inner();
    let version = state.prompts.version(caller.user, id, version).await.map_err(errors::prompt)?;
    Ok(Answer::ok(PromptVersionData { version: version.into() }))
}

/// Makes a new version with the text of an older one.
#[utoipa::path(post, path = "/prompts/{id}/restore", params(("id" = PromptId, Path)), request_body = RestorePromptRequest, responses((status = 200, body = Envelope<PromptData>, description = "The prompt as it now stands.")))]
pub async fn restore_prompt(
    state: Data<ProjectState>,
    caller: Caller,
    id: Path<PromptId>,
    Body(body): Body<RestorePromptRequest>,
) -> Result<Answer<PromptData>, AppError> {
    let prompt =
        state.prompts.restore(caller.user, *id, body.version).await.map_err(errors::prompt)?;
    Ok(Answer::ok(prompt.into()))
}

/// The prompt's text with its `{{variables}}` filled in.
#[utoipa::path(post, path = "/prompts/{id}/render", params(("id" = PromptId, Path)), request_body = RenderPromptRequest, responses((status = 200, body = Envelope<RenderedPromptData>, description = "The text.")))]
pub async fn render_prompt(
    state: Data<ProjectState>,
    caller: Caller,
    id: Path<PromptId>,
    Body(body): Body<RenderPromptRequest>,
) -> Result<Answer<RenderedPromptData>, AppError> {
    let content =
        state.prompts.render(caller.user, *id, &body.variables).await.map_err(errors::prompt)?;
    Ok(Answer::ok(RenderedPromptData { content }))
}
