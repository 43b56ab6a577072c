use std::sync::Arc;

use common::domain::project::{DeletedProject, Project, ProjectChanges, ProjectError};
use common::repositories::{ProjectFilter, ProjectRepository, StoreError};
use common::{Page, PageRequest, ProjectId, UserId};
use platform::Instance;

/// Projects, each seen by its owner alone.
pub struct Projects {
    projects: Arc<dyn ProjectRepository>,
    instance: Instance,
}

impl Projects {
    pub fn new(projects: Arc<dyn ProjectRepository>, instance: Instance) -> Self {
        Self { projects, instance }
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
        let now = self.instance.clock.now();
        let project = Project {
            id: self.instance.ids.next(),
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
        let updated = self.projects.update(owner, id, changes, self.instance.clock.now()).await?;
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
        let projects = self.projects.clone();
        // Not on the request: a caller that does not wait for the end must not undo the work.
        let deleting = self.instance.tasks.spawn(async move { projects.delete_all(owner).await });
        Ok(deleting.await.map_err(|ended| StoreError::Failed(ended.into()))??)
    }
}
