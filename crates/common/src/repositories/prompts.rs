use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::idempotency::CreationKey;
use crate::domain::prompt::{Prompt, PromptChanges, PromptError, PromptVersion};
use crate::repositories::StoreError;
use crate::{Page, PageRequest, ProjectId, PromptId, UserId};

/// What a list of prompts is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum PromptSort {
    CreatedAt,
    UpdatedAt,
    Position,
}

/// Which prompts are wanted.
#[derive(Debug, Clone)]
pub struct PromptFilter {
    /// Only those of this project.
    pub project: Option<ProjectId>,
    /// Only those with this in their name or text, in any case.
    pub search: Option<String>,
    /// Only those that are sent to models, or only those that are not.
    pub active: Option<bool>,
    /// What the list is sorted by.
    pub sort: PromptSort,
}

/// Prompts in a database.
#[async_trait]
pub trait PromptRepository: Send + Sync {
    /// A page of the owner's prompts.
    async fn list(
        &self,
        owner: UserId,
        filter: &PromptFilter,
        page: PageRequest,
    ) -> Result<Page<Prompt>, StoreError>;
    /// One prompt.
    async fn find(&self, owner: UserId, id: PromptId) -> Result<Option<Prompt>, StoreError>;
    /// Stores a new prompt with its first version. A `position` of `None` puts it last.
    ///
    /// # Errors
    /// `NotFound` if the owner has no such project, `NameTaken` if another prompt of it has the name;
    /// `Creation` if something else was made for its key.
    async fn insert(
        &self,
        prompt: &Prompt,
        position: Option<i32>,
        key: Option<&CreationKey>,
    ) -> Result<Prompt, PromptError>;
    /// Changes a prompt, at the time given; a changed text becomes a new version.
    ///
    /// # Errors
    /// `NotFound`, `NameTaken`, or `VersionConflict` if the prompt is not at the expected version.
    async fn update(
        &self,
        owner: UserId,
        id: PromptId,
        changes: &PromptChanges,
        at: DateTime<Utc>,
    ) -> Result<Prompt, PromptError>;
    /// Makes a new version with the text of an older one.
    ///
    /// # Errors
    /// `NotFound`, or `NoSuchVersion`.
    async fn restore(
        &self,
        owner: UserId,
        id: PromptId,
        version: u32,
        at: DateTime<Utc>,
    ) -> Result<Prompt, PromptError>;
    /// Deletes a prompt with all its versions; whether it was there.
    async fn delete(&self, owner: UserId, id: PromptId) -> Result<bool, StoreError>;
    /// A page of a prompt's versions, by number.
    async fn versions(
        &self,
        owner: UserId,
        id: PromptId,
        page: PageRequest,
    ) -> Result<Page<PromptVersion>, StoreError>;
    /// One version of a prompt.
    async fn version(
        &self,
        owner: UserId,
        id: PromptId,
        version: u32,
    ) -> Result<Option<PromptVersion>, StoreError>;
}
