use std::collections::BTreeMap;
use std::sync::Arc;

use common::domain::idempotency::{CreationError, CreationKey, RequestKey};
use common::domain::prompt::{self, NewPrompt, Prompt, PromptChanges, PromptError, PromptVersion};
use common::repositories::{PromptFilter, PromptRepository};
use common::{Clock, Ids, Page, PageRequest, ProjectId, PromptId, UserId};
use platform::EarlierCreations;

/// Prompts in all their versions, each seen by its owner alone.
pub struct Prompts {
    prompts: Arc<dyn PromptRepository>,
    creations: EarlierCreations,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

impl Prompts {
    pub fn new(
        prompts: Arc<dyn PromptRepository>,
        creations: EarlierCreations,
        clock: Arc<dyn Clock>,
        ids: Ids,
    ) -> Self {
        Self { prompts, creations, clock, ids }
    }

    pub async fn list(
        &self,
        owner: UserId,
        filter: &PromptFilter,
        page: PageRequest,
    ) -> Result<Page<Prompt>, PromptError> {
        Ok(self.prompts.list(owner, filter, page).await?)
    }

    pub async fn get(&self, owner: UserId, id: PromptId) -> Result<Prompt, PromptError> {
        self.prompts.find(owner, id).await?.ok_or(PromptError::NotFound)
    }

    pub async fn create(
        &self,
        owner: UserId,
        project: ProjectId,
        new: NewPrompt,
        key: Option<RequestKey>,
    ) -> Result<Prompt, PromptError> {
        if let Some(made) = self.earlier(owner, key.as_ref()).await? {
            return Ok(made);
        }
        let now = self.clock.now();
        let prompt = Prompt {
            id: self.ids.next(),
            project,
            owner,
            name: new.name,
            content: new.content,
            version: 1,
            is_active: new.is_active,
            position: 0,
            created_at: now,
            updated_at: now,
        };
        let key = key.map(CreationKey::from);
        match self.prompts.insert(&prompt, new.position, key.as_ref()).await {
            // The same request was faster.
            Err(PromptError::Creation(CreationError::Taken)) => {
                let made = self.earlier(owner, key.as_ref().map(|key| &key.key)).await?;
                made.ok_or(PromptError::NotFound)
            }
            inserted => inserted,
        }
    }

    /// What an earlier request with the key has made.
    async fn earlier(
        &self,
        owner: UserId,
        key: Option<&RequestKey>,
    ) -> Result<Option<Prompt>, PromptError> {
        let Some(earlier) = self.creations.find(owner, key).await? else { return Ok(None) };
        self.get(owner, earlier.made.into()).await.map(Some)
    }

    pub async fn update(
        &self,
        owner: UserId,
        id: PromptId,
        changes: &PromptChanges,
    ) -> Result<Prompt, PromptError> {
        self.prompts.update(owner, id, changes, self.clock.now()).await
    }

    pub async fn restore(
        &self,
        owner: UserId,
        id: PromptId,
        version: u32,
    ) -> Result<Prompt, PromptError> {
        self.prompts.restore(owner, id, version, self.clock.now()).await
    }

    pub async fn delete(&self, owner: UserId, id: PromptId) -> Result<(), PromptError> {
        let was_there = self.prompts.delete(owner, id).await?;
        if was_there { Ok(()) } else { Err(PromptError::NotFound) }
    }

    pub async fn versions(
        &self,
        owner: UserId,
        id: PromptId,
        page: PageRequest,
    ) -> Result<Page<PromptVersion>, PromptError> {
        let versions = self.prompts.versions(owner, id, page).await?;
        // Every prompt has a version, so a first page without one is no prompt's.
        if versions.items.is_empty() && page.after.is_none() {
            return Err(PromptError::NotFound);
        }
        Ok(versions)
    }

    pub async fn version(
        &self,
        owner: UserId,
        id: PromptId,
        version: u32,
    ) -> Result<PromptVersion, PromptError> {
        self.prompts.version(owner, id, version).await?.ok_or(PromptError::NotFound)
    }

    /// The prompt's text with its variables filled in.
    pub async fn render(
        &self,
        owner: UserId,
        id: PromptId,
        values: &BTreeMap<String, String>,
    ) -> Result<String, PromptError> {
        let prompt = self.get(owner, id).await?;
        Ok(prompt::render(&prompt.content, values)?)
    }
}
