use std::sync::Arc;

use common::domain::idempotency::{CreationError, CreationKey, RequestKey};
use common::domain::project::{DeletedProject, Project, ProjectChanges, ProjectError};
use common::repositories::{ProjectFilter, ProjectRepository, StoreError};
use common::{Page, PageRequest, ProjectId, UserId};
use platform::{EarlierCreations, Instance};

/// Projects, each seen by its owner alone.
pub struct Projects {
    projects: Arc<dyn ProjectRepository>,
    creations: EarlierCreations,
    instance: Instance,
}

impl Projects {
    pub fn new(
        projects: Arc<dyn ProjectRepository>,
        creations: EarlierCreations,
        instance: Instance,
    ) -> Self {
        Self { projects, creations, instance }
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
        key: Option<RequestKey>,
    ) -> Result<Project, ProjectError> {
        if let Some(made) = self.earlier(owner, key.as_ref()).await? {
            return Ok(made);
        }
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
        let key = key.map(CreationKey::from);
        match self.projects.insert(&project, key.as_ref()).await {
            // The same request was faster.
            Err(ProjectError::Creation(CreationError::Taken)) => {
                let made = self.earlier(owner, key.as_ref().map(|key| &key.key)).await?;
                made.ok_or(ProjectError::NotFound)
            }
            inserted => inserted.map(|()| project),
        }
    }

    /// What an earlier request with the key has made.
    async fn earlier(
        &self,
        owner: UserId,
        key: Option<&RequestKey>,
    ) -> Result<Option<Project>, ProjectError> {
        let Some(earlier) = self.creations.find(owner, key).await? else { return Ok(None) };
        self.get(owner, earlier.made.into()).await.map(Some)
    }

    /// Forgets keys that are too old.
    pub async fn keep_house(&self) {
        self.creations.keep_house().await;
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
