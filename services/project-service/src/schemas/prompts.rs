use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::domain::project::Project;
use common::domain::prompt::{NewPrompt, Prompt, PromptChanges, PromptVersion, variables};
use common::repositories::{PromptFilter, PromptSort};
use common::{Direction, Page, ProjectId, PromptId, UserId};
use garde::Validate;
use platform::http::{AppError, Limit, Order, Paging, valid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatePromptRequest {
    /// 1 to 200 characters; unique in its project.
    #[garde(custom(valid::text(1..=200)))]
    name: String,
    /// 1 to 100,000 characters. `{{name}}` is a variable.
    #[garde(custom(valid::text(1..=100_000)))]
    content: String,
    /// Whether it is sent to models; true if absent.
    #[serde(default)]
    #[garde(skip)]
    is_active: Option<bool>,
    /// Where it stands among its project's prompts, lowest first; after all others if absent.
    #[serde(default)]
    #[garde(inner(custom(valid::within(0..=1_000_000))))]
    position: Option<i32>,
}

/// What is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdatePromptRequest {
    /// 1 to 200 characters; unique in its project.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=200))))]
    name: Option<String>,
    /// 1 to 100,000 characters; becomes the next version.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=100_000))))]
    content: Option<String>,
    #[serde(default)]
    #[garde(skip)]
    is_active: Option<bool>,
    #[serde(default)]
    #[garde(inner(custom(valid::within(0..=1_000_000))))]
    position: Option<i32>,
    /// The version that the change was made from; if the prompt has moved on: 409.
    #[serde(default)]
    #[garde(skip)]
    expected_version: Option<u32>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestorePromptRequest {
    /// The version whose text to take.
    #[garde(skip)]
    pub version: u32,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenderPromptRequest {
    /// A value for each variable of the prompt, and for nothing else.
    #[garde(skip)]
    pub variables: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListProjectPromptsQuery {
    /// 1 to 100; 20 if absent.
    #[garde(inner(custom(valid::within(1..=100))))]
    limit: Option<u32>,
    /// `pagination.cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
    /// Only prompts that are sent to models, or only those that are not.
    #[garde(skip)]
    is_active: Option<bool>,
    /// `updated_at` if absent.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    order_by: PromptOrderBy,
    /// `desc` if absent.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    order: Order,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPromptsQuery {
    /// 1 to 100; 20 if absent.
    #[garde(inner(custom(valid::within(1..=100))))]
    limit: Option<u32>,
    /// `pagination.cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
    /// Only prompts of this project.
    #[garde(skip)]
    project_id: Option<ProjectId>,
    /// Only prompts with this in their name or text.
    #[garde(inner(custom(valid::text(1..=200))))]
    q: Option<String>,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListVersionsQuery {
    /// 1 to 100; 20 if absent.
    #[garde(inner(custom(valid::within(1..=100))))]
    limit: Option<u32>,
    /// `pagination.cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptOrderBy {
    CreatedAt,
    #[default]
    UpdatedAt,
    Position,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PromptResponse {
    id: PromptId,
    project_id: ProjectId,
    name: String,
    content: String,
    /// From 1.
    version: u32,
    is_active: bool,
    position: i32,
    /// The names of the `{{variables}}` in the text.
    variables: Vec<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PromptVersionResponse {
    version: u32,
    content: String,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PromptData {
    prompt: PromptResponse,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PromptsData {
    prompts: Vec<PromptResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedPromptData {
    pub deleted_prompt: PromptId,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PromptVersionsData {
    versions: Vec<PromptVersionResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PromptVersionData {
    pub version: PromptVersionResponse,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RenderedPromptData {
    pub content: String,
}

impl ListProjectPromptsQuery {
    pub fn filter(&self, project: ProjectId) -> PromptFilter {
        let sort = match self.order_by {
            PromptOrderBy::CreatedAt => PromptSort::CreatedAt,
            PromptOrderBy::UpdatedAt => PromptSort::UpdatedAt,
            PromptOrderBy::Position => PromptSort::Position,
        };
        PromptFilter { project: Some(project), search: None, active: self.is_active, sort }
    }

    pub fn paging(&self, project: &Project) -> Result<Paging, AppError> {
        let scope =
            format!("prompts:{}:{:?}:{:?}", project.owner, self.filter(project.id), self.order);
        Paging::read(scope, self.order.into(), self.limit, Limit(20), self.cursor.as_deref())
    }
}

impl ListPromptsQuery {
    pub fn filter(&self) -> PromptFilter {
        PromptFilter {
            project: self.project_id,
            search: self.q.clone(),
            active: None,
            sort: PromptSort::UpdatedAt,
        }
    }

    pub fn paging(&self, owner: UserId) -> Result<Paging, AppError> {
        let scope = format!("prompts:{owner}:{:?}", self.filter());
        Paging::read(scope, Direction::Descending, self.limit, Limit(20), self.cursor.as_deref())
    }
}

impl ListVersionsQuery {
    pub fn paging(&self, prompt: PromptId) -> Result<Paging, AppError> {
        let scope = format!("versions:{prompt}");
        Paging::read(scope, Direction::Descending, self.limit, Limit(20), self.cursor.as_deref())
    }
}

impl From<CreatePromptRequest> for NewPrompt {
    fn from(request: CreatePromptRequest) -> Self {
        Self {
            name: request.name,
            content: request.content,
            is_active: request.is_active.unwrap_or(true),
            position: request.position,
        }
    }
}

impl From<UpdatePromptRequest> for PromptChanges {
    fn from(request: UpdatePromptRequest) -> Self {
        Self {
            name: request.name,
            content: request.content,
            is_active: request.is_active,
            position: request.position,
            expected_version: request.expected_version,
        }
    }
}

impl From<Prompt> for PromptResponse {
    fn from(prompt: Prompt) -> Self {
        Self {
            id: prompt.id,
            project_id: prompt.project,
            name: prompt.name,
            version: prompt.version,
            is_active: prompt.is_active,
            position: prompt.position,
            variables: variables(&prompt.content).into_iter().map(str::to_owned).collect(),
            content: prompt.content,
            created_at: prompt.created_at,
            updated_at: prompt.updated_at,
        }
    }
}

impl From<Prompt> for PromptData {
    fn from(prompt: Prompt) -> Self {
        Self { prompt: prompt.into() }
    }
}

impl From<Page<Prompt>> for PromptsData {
    fn from(page: Page<Prompt>) -> Self {
        Self { prompts: page.items.into_iter().map(Into::into).collect() }
    }
}

impl From<PromptVersion> for PromptVersionResponse {
    fn from(version: PromptVersion) -> Self {
        Self { version: version.version, content: version.content, created_at: version.created_at }
    }
}

impl From<Page<PromptVersion>> for PromptVersionsData {
    fn from(page: Page<PromptVersion>) -> Self {
        Self { versions: page.items.into_iter().map(Into::into).collect() }
    }
}
