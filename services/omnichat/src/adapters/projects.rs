use actix_web::web::Data;
use async_trait::async_trait;
use chat_service::services::{OnBehalf, ProjectAccess, ProjectAccessError, ProjectPrompts};
use common::domain::project::{ProjectChanges, ProjectError};
use common::domain::prompt::PromptError;
use common::repositories::{PromptFilter, PromptSort};
use common::{Direction, PageRequest, ProjectId};
use project_service::ProjectState;

const PAGE: u32 = 100;

/// project-service in the same process, for chat-service.
pub struct InProcessProjects(Data<ProjectState>);

impl InProcessProjects {
    /// The project-service with this state.
    pub fn new(state: Data<ProjectState>) -> Self {
        Self(state)
    }
}

#[async_trait]
impl ProjectAccess for InProcessProjects {
    async fn prompts(
        &self,
        whom: &OnBehalf,
        project: ProjectId,
    ) -> Result<ProjectPrompts, ProjectAccessError> {
        self.0.projects.get(whom.user, project).await.map_err(failure)?;
        let filter = PromptFilter {
            project: Some(project),
            search: None,
            active: Some(true),
            sort: PromptSort::Position,
        };
        let mut prompts = Vec::new();
        let mut after = None;
        loop {
            let page = PageRequest { limit: PAGE, after, direction: Direction::Ascending };
            let unavailable = |error: PromptError| ProjectAccessError::Unavailable(Box::new(error));
            let page = self.0.prompts.list(whom.user, &filter, page).await.map_err(unavailable)?;
            prompts.extend(page.items.into_iter().map(Into::into));
            after = page.next;
            if after.is_none() {
                return Ok(ProjectPrompts { prompts, is_stale: false });
            }
        }
    }

    async fn rename(
        &self,
        whom: &OnBehalf,
        project: ProjectId,
        name: &str,
    ) -> Result<(), ProjectAccessError> {
        let changes = ProjectChanges { name: Some(name.to_owned()), ..ProjectChanges::default() };
        self.0.projects.update(whom.user, project, &changes).await.map(drop).map_err(failure)
    }
}

fn failure(error: ProjectError) -> ProjectAccessError {
    match error {
        ProjectError::NotFound => ProjectAccessError::NotFound,
        ProjectError::OwnerGone => ProjectAccessError::Unauthorized,
        ProjectError::Creation(error) => ProjectAccessError::Unavailable(Box::new(error)),
        ProjectError::Store(error) => ProjectAccessError::Unavailable(Box::new(error)),
    }
}
