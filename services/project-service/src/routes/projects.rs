use actix_web::web::{Data, Path};
use common::ProjectId;
use platform::http::{
    Answer, AppError, Body, Caller, Envelope, IdempotencyKeyHeader, Idempotent, Query,
};

use super::errors;
use crate::dependencies::{OwnedProject, ProjectState};
use crate::schemas::projects::{
    CreateProjectRequest, DeletedProjectData, ListProjectsQuery, ProjectData, ProjectsData,
    UpdateProjectRequest,
};

/// The caller's projects.
#[utoipa::path(get, path = "/projects", params(ListProjectsQuery), responses((status = 200, body = Envelope<ProjectsData>, description = "A page of projects.")))]
pub async fn list_projects(
    state: Data<ProjectState>,
    caller: Caller,
    Query(query): Query<ListProjectsQuery>,
) -> Result<Answer<ProjectsData>, AppError> {
    let paging = query.paging(caller.user)?;
    let page = state
        .projects
        .list(caller.user, &query.filter(), paging.request())
        .await
        .map_err(errors::project)?;
    let pagination = paging.pagination(&page);
    Ok(Answer::ok(page.into()).paged(pagination))
}

/// Makes a project.
#[utoipa::path(post, path = "/projects", params(IdempotencyKeyHeader), request_body = CreateProjectRequest, responses((status = 201, body = Envelope<ProjectData>, description = "The project.")))]
pub async fn create_project(
    state: Data<ProjectState>,
    caller: Caller,
    Idempotent { key, body: Body(body) }: Idempotent<Body<CreateProjectRequest>>,
) -> Result<Answer<ProjectData>, AppError> {
    let project = state
        .projects
        .create(caller.user, body.name, body.description, key)
        .await
        .map_err(errors::project)?;
    Ok(Answer::created(project.into()))
}

/// One project.
#[utoipa::path(get, path = "/projects/{id}", params(("id" = ProjectId, Path)), responses((status = 200, body = Envelope<ProjectData>, description = "The project.")))]
pub async fn get_project(OwnedProject(project): OwnedProject) -> Answer<ProjectData> {
    Answer::ok(project.into())
}

/// Changes a project's name or description.
#[utoipa::path(patch, path = "/projects/{id}", params(("id" = ProjectId, Path)), request_body = UpdateProjectRequest, responses((status = 200, body = Envelope<ProjectData>, description = "The project as it now is.")))]
pub async fn update_project(
    state: Data<ProjectState>,
    caller: Caller,
    id: Path<ProjectId>,
    Body(body): Body<UpdateProjectRequest>,
) -> Result<Answer<ProjectData>, AppError> {
    let project =
        state.projects.update(caller.user, *id, &body.into()).await.map_err(errors::project)?;
    Ok(Answer::ok(project.into()))
}

/// Deletes a project with its prompts; its conversations go too, a moment later.
#[utoipa::path(delete, path = "/projects/{id}", params(("id" = ProjectId, Path)), responses((status = 200, body = Envelope<DeletedProjectData>, description = "What is gone.")))]
pub async fn delete_project(
    state: Data<ProjectState>,
    caller: Caller,
    id: Path<ProjectId>,
) -> Result<Answer<DeletedProjectData>, AppError> {
    let deleted = state.projects.delete(caller.user, *id).await.map_err(errors::project)?;
    Ok(Answer::ok(deleted.into()))
}
