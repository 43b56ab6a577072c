use std::sync::Arc;

use common::domain::project::{DeletedProject, Project, ProjectChanges, ProjectError};
use common::repositories::{ProjectFilter, ProjectRepository};
use common::{Clock, Ids, Page, PageRequest, ProjectId, UserId};

/// Projects, each seen by its owner alone.
pub struct Projects {
    projects: Arc<dyn ProjectRepository>,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

impl Projects {
    pub fn new(projects: Arc<dyn ProjectRepository>, clock: Arc<dyn Clock>, ids: Ids) -> Self {
        Self { projects, clock, ids }
    }

    pub async fn list(
        &self,
        owner: UserId,
        filter: &ProjectFilter,
        page: PageRequest,
    ) -> Result<Page<Project>, ProjectError> {
        Ok(self.projects.list(owner, filter, page).await?)
    }

    pub async fn get(&self, owner: UserId, id: ProjectId) -> Result<Project, ProjectError> {
        self.projects.find(owner, id).await?.ok_or(ProjectError::NotFound)
    }

    pub async fn create(
        &self,
        owner: UserId,
        name: String,
        description: Option<String>,
    ) -> Result<Project, ProjectError> {
        let now = self.clock.now();
        let project = Project {
            id: self.ids.next(),
            owner,
            name,
            description,
            prompt_count: 0,
            prompts_revision: 0,
            created_at: now,
            updated_at: now,
        };
        self.projects.insert(&project).await?;
        Ok(project)
    }

    pub async fn update(
        &self,
        owner: UserId,
        id: ProjectId,
        changes: &ProjectChanges,
    ) -> Result<Project, ProjectError> {
        let updated = self.projects.update(owner, id, changes, self.clock.now()).await?;
        updated.ok_or(ProjectError::NotFound)
    }

    /// Deletes a project with its prompts. That its conversations must go too is noted with the deletion and told to
    /// chat-service until it has answered.
    pub async fn delete(
        &self,
        owner: UserId,
        id: ProjectId,
    ) -> Result<DeletedProject, ProjectError> {
        self.projects.delete(owner, id).await?.ok_or(ProjectError::NotFound)
    }

    /// Deletes all that a user owns, for good: nothing can be made for that user afterwards. How many projects that was.
    /// Safe to repeat.
    pub async fn delete_all(&self, owner: UserId) -> Result<u64, ProjectError> {
        Ok(self.projects.delete_all(owner).await?)
    }
}
