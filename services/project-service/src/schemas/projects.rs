use chrono::{DateTime, Utc};
use common::domain::project::{DeletedProject, Project, ProjectChanges};
use common::repositories::{ProjectFilter, ProjectSort};
use common::{Page, ProjectId, UserId};
use garde::Validate;
use platform::http::{AppError, Limit, Order, Paging, present, valid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateProjectRequest {
    /// 1 to 200 characters.
    #[garde(custom(valid::text(1..=200)))]
    pub name: String,
    /// Up to 2,000 characters.
    #[serde(default)]
    #[garde(inner(custom(valid::text(0..=2_000))))]
    pub description: Option<String>,
}

/// What is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateProjectRequest {
    /// 1 to 200 characters.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=200))))]
    pub name: Option<String>,
    /// Up to 2,000 characters; null clears it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    #[garde(inner(inner(custom(valid::text(0..=2_000)))))]
    pub description: Option<Option<String>>,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListProjectsQuery {
    /// 1 to 100; 20 if absent.
    #[garde(inner(custom(valid::within(1..=100))))]
    limit: Option<u32>,
    /// `pagination.cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
    /// Only projects with this in their name or description.
    #[garde(inner(custom(valid::text(1..=200))))]
    q: Option<String>,
    /// `updated_at` if absent.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    order_by: ProjectOrderBy,
    /// `desc` if absent.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    order: Order,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProjectOrderBy {
    CreatedAt,
    #[default]
    UpdatedAt,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectResponse {
    id: ProjectId,
    name: String,
    #[schema(required)]
    description: Option<String>,
    prompt_count: u32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectData {
    project: ProjectResponse,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectsData {
    projects: Vec<ProjectResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedProjectData {
    deleted_project: ProjectId,
    /// How many prompts went with it.
    deleted_prompts: u64,
}

impl ListProjectsQuery {
    pub fn filter(&self) -> ProjectFilter {
        let sort = match self.order_by {
            ProjectOrderBy::CreatedAt => ProjectSort::CreatedAt,
            ProjectOrderBy::UpdatedAt => ProjectSort::UpdatedAt,
        };
        ProjectFilter { search: self.q.clone(), sort }
    }

    pub fn paging(&self, owner: UserId) -> Result<Paging, AppError> {
        let scope = format!("projects:{owner}:{:?}:{:?}", self.filter(), self.order);
        Paging::read(scope, self.order.into(), self.limit, Limit(20), self.cursor.as_deref())
    }
}

impl From<UpdateProjectRequest> for ProjectChanges {
    fn from(request: UpdateProjectRequest) -> Self {
        Self { name: request.name, description: request.description }
    }
}

impl From<Project> for ProjectResponse {
    fn from(project: Project) -> Self {
        Self {
            id: project.id,
            name: project.name,
            description: project.description,
            prompt_count: project.prompt_count,
            created_at: project.created_at,
            updated_at: project.updated_at,
        }
    }
}

impl From<Project> for ProjectData {
    fn from(project: Project) -> Self {
        Self { project: project.into() }
    }
}

impl From<Page<Project>> for ProjectsData {
    fn from(page: Page<Project>) -> Self {
        Self { projects: page.items.into_iter().map(Into::into).collect() }
    }
}

impl From<DeletedProject> for DeletedProjectData {
    fn from(deleted: DeletedProject) -> Self {
        Self { deleted_project: deleted.id, deleted_prompts: deleted.prompts }
    }
}
