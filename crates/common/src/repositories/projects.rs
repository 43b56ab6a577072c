use async_trait::async_trait;

use super::StoreError;
use crate::domain::idempotency::CreationKey;
use crate::domain::project::{DeletedProject, Project, ProjectChanges, ProjectError};
use crate::{Page, PageRequest, ProjectId, UserId};

/// What a list of projects is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum ProjectSort {
    CreatedAt,
    UpdatedAt,
}

/// Which projects are wanted.
#[derive(Debug, Clone)]
pub struct ProjectFilter {
    /// Only those with this in their name or description, in any case.
    pub search: Option<String>,
    /// What the list is sorted by.
    pub sort: ProjectSort,
}

/// Projects in a database.
#[async_trait]
pub trait ProjectRepository: Send + Sync {
    /// A page of the owner's projects.
    async fn list(
        &self,
        owner: UserId,
        filter: &ProjectFilter,
        page: PageRequest,
    ) -> Result<Page<Project>, StoreError>;
    /// One project.
    async fn find(&self, owner: UserId, id: ProjectId) -> Result<Option<Project>, StoreError>;
    /// Stores a new project.
    ///
    /// # Errors
    /// `OwnerGone` once all that the owner had was deleted; `Creation` if something else was made for its key.
    async fn insert(
        &self,
        project: &Project,
        key: Option<&CreationKey>,
    ) -> Result<(), ProjectError>;
    /// Changes a project, at the time given.
    async fn update(
        &self,
        owner: UserId,
        id: ProjectId,
        changes: &ProjectChanges,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Result<Option<Project>, StoreError>;
    /// Deletes a project and its prompts, and notes that its conversations must go too.
    async fn delete(
        &self,
        owner: UserId,
        id: ProjectId,
    ) -> Result<Option<DeletedProject>, StoreError>;
    /// Deletes all that a user owns and lets nothing more be made, and notes that the conversations of it must go too; how
    /// many projects that was. Safe to repeat.
    async fn delete_all(&self, owner: UserId) -> Result<u64, StoreError>;
}
