use std::sync::Arc;

use common::domain::conversation::{
    Conversation, ConversationChanges, ConversationError, DeletedConversation, NewConversation,
};
use common::repositories::{ConversationFilter, ConversationRepository};
use common::{Clock, ConversationId, Ids, Page, PageRequest, ProjectId, UserId};

use super::{Models, OnBehalf, ProjectAccess, ProjectAccessError};
use crate::generation::Engine;

/// Conversations, each seen by its owner alone.
pub struct Conversations {
    conversations: Arc<dyn ConversationRepository>,
    projects: Arc<dyn ProjectAccess>,
    models: Arc<Models>,
    engine: Engine,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

impl Conversations {
    pub fn new(
        conversations: Arc<dyn ConversationRepository>,
        projects: Arc<dyn ProjectAccess>,
        models: Arc<Models>,
        engine: Engine,
        clock: Arc<dyn Clock>,
        ids: Ids,
    ) -> Self {
        Self { conversations, projects, models, engine, clock, ids }
    }

    pub async fn list(
        &self,
        owner: UserId,
        filter: &ConversationFilter,
        page: PageRequest,
    ) -> Result<Page<Conversation>, ConversationError> {
        Ok(self.conversations.list(owner, filter, page).await?)
    }

    pub async fn get(
        &self,
        owner: UserId,
        id: ConversationId,
    ) -> Result<Conversation, ConversationError> {
        self.conversations.find(owner, id).await?.ok_or(ConversationError::NotFound)
    }

    pub async fn create(
        &self,
        whom: &OnBehalf,
        new: NewConversation,
    ) -> Result<Conversation, ConversationError> {
        let (model, provider) = self.model(new.model.as_deref())?;
        if let Some(project) = new.project {
            // Whose it is, only project-service knows.
            self.projects.prompts(whom, project).await?;
        }
        let now = self.clock.now();
        let conversation = Conversation {
            id: self.ids.next(),
            owner: whom.user,
            project: new.project,
            title: new.title,
            model,
            provider,
            system_prompt: new.system_prompt,
            pinned: false,
            archived: false,
            message_count: 0,
            active_models: Vec::new(),
            last_message: None,
            created_at: now,
            updated_at: now,
        };
        self.conversations.insert(&conversation).await?;
        Ok(conversation)
    }

    /// Changes a conversation. `model` is a catalogue id; the provider follows it.
    pub async fn update(
        &self,
        owner: UserId,
        id: ConversationId,
        model: Option<String>,
        changes: ConversationChanges,
    ) -> Result<Conversation, ConversationError> {
        let model = model.map(|id| self.model(Some(&id))).transpose()?;
        let changes = ConversationChanges { model, ..changes };
        let updated = self.conversations.update(owner, id, &changes, self.clock.now()).await?;
        updated.ok_or(ConversationError::NotFound)
    }

    /// Deletes a conversation; a reply that is running in it is stopped.
    pub async fn delete(
        &self,
        owner: UserId,
        id: ConversationId,
    ) -> Result<DeletedConversation, ConversationError> {
        let (deleted, running) =
            self.conversations.delete(owner, id).await?.ok_or(ConversationError::NotFound)?;
        self.engine.forget(&running);
        Ok(deleted)
    }

    /// Deletes a deleted project's conversations, for good: none can be made in it afterwards. Safe to repeat.
    pub async fn delete_of_project(&self, project: ProjectId) -> Result<(), ConversationError> {
        let running = self.conversations.delete_of_project(project).await?;
        self.engine.forget(&running);
        Ok(())
    }

    /// The id and the provider of a model, or of the default.
    fn model(&self, id: Option<&str>) -> Result<(String, String), ConversationError> {
        let model = match id {
            Some(id) => self.models.find(id),
            None => self.models.default_model(),
        };
        let unknown =
            || ConversationError::UnknownModel { model: id.unwrap_or_default().to_owned() };
        let model = model.ok_or_else(unknown)?;
        Ok((model.id.clone(), model.provider.clone()))
    }
}

impl From<ProjectAccessError> for ConversationError {
    fn from(error: ProjectAccessError) -> Self {
        match error {
            ProjectAccessError::NotFound => Self::NoSuchProject,
            ProjectAccessError::Unauthorized => Self::Unauthorized,
            ProjectAccessError::Unavailable(cause) => Self::ProjectsUnavailable(cause),
        }
    }
}
