use std::sync::Arc;

use common::domain::conversation::{
    Conversation, ConversationChanges, ConversationError, DeletedConversation, NewConversation,
};
use common::domain::idempotency::{CreationError, CreationKey, RequestKey};
use common::domain::preferences::Preferences;
use common::repositories::{
    ConversationFilter, ConversationRepository, PreferenceRepository, StoreError,
};
use common::{Clock, ConversationId, Ids, Page, PageRequest, ProjectId, UserId};
use platform::{EarlierCreations, Tasks};
use tokio::try_join;

use super::{Models, OnBehalf, ProjectAccess, ProjectAccessError};
use crate::core::Model;
use crate::generation::Engine;

/// Conversations, each seen by its owner alone.
pub struct Conversations {
    conversations: Arc<dyn ConversationRepository>,
    preferences: Arc<dyn PreferenceRepository>,
    creations: EarlierCreations,
    projects: Arc<dyn ProjectAccess>,
    models: Arc<Models>,
    engine: Arc<Engine>,
    tasks: Tasks,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

/// What [`Conversations`] stands on.
pub struct ConversationsParts {
    pub conversations: Arc<dyn ConversationRepository>,
    pub preferences: Arc<dyn PreferenceRepository>,
    pub creations: EarlierCreations,
    pub projects: Arc<dyn ProjectAccess>,
    pub models: Arc<Models>,
    pub engine: Arc<Engine>,
    pub tasks: Tasks,
}

impl Conversations {
    pub fn new(parts: ConversationsParts, clock: Arc<dyn Clock>, ids: Ids) -> Self {
        let ConversationsParts {
            conversations,
            preferences,
            creations,
            projects,
            models,
            engine,
            tasks,
        } = parts;
        Self { conversations, preferences, creations, projects, models, engine, tasks, clock, ids }
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
        if let Some(made) = self.earlier(whom.user, new.key.as_ref()).await? {
            return Ok(made);
        }
        let _until_begun = self.engine.admit_conversation().ok_or(ConversationError::Busy)?;
        // Before anybody is asked.
        let named = new.model.as_deref().map(|id| self.model(id)).transpose()?;
        let is_whole = named.is_some() && new.system_prompt.is_some();
        let ((), preferences) =
            try_join!(self.check(whom, new.project), self.preferences(whom.user, is_whole))?;
        let (model, provider) = match named {
            Some(named) => named,
            None => self.default_model(whom.user, preferences.default_model.as_deref()).await?,
        };
        let now = self.clock.now();
        let conversation = Conversation {
            id: self.ids.next(),
            owner: whom.user,
            is_default: new.is_default,
            project: new.project,
            title: new.title,
            model,
            provider,
            system_prompt: new.system_prompt.or(preferences.system_prompt),
            pinned: false,
            archived: false,
            message_count: 0,
            contexts: Vec::new(),
            last_message: None,
            created_at: now,
            updated_at: now,
        };
        let key = new.key.map(CreationKey::from);
        match self.conversations.insert(&conversation, key.as_ref()).await {
            // The same request was faster.
            Err(ConversationError::Creation(CreationError::Taken)) => {
                let made = self.earlier(whom.user, key.as_ref().map(|key| &key.key)).await?;
                made.ok_or(ConversationError::NotFound)
            }
            inserted => inserted.map(|()| conversation),
        }
    }

    /// What an earlier request with the key has made.
    async fn earlier(
        &self,
        owner: UserId,
        key: Option<&RequestKey>,
    ) -> Result<Option<Conversation>, ConversationError> {
        let Some(earlier) = self.creations.find(owner, key).await? else { return Ok(None) };
        self.get(owner, earlier.made.into()).await.map(Some)
    }

    /// Forgets keys that are too old.
    pub async fn keep_house(&self) {
        self.creations.keep_house().await;
    }

    /// The conversation that a person has with a project itself; made, if there is none.
    pub async fn default_of(
        &self,
        whom: &OnBehalf,
        project: ProjectId,
    ) -> Result<Conversation, ConversationError> {
        if let Some(found) = self.conversations.find_default(whom.user, project).await? {
            return Ok(found);
        }
        let new =
            NewConversation { project: Some(project), is_default: true, ..Default::default() };
        match self.create(whom, new).await {
            // Somebody else was faster.
            Err(ConversationError::DefaultExists) => {
                let found = self.conversations.find_default(whom.user, project).await?;
                found.ok_or(ConversationError::NotFound)
            }
            made => made,
        }
    }

    /// The conversation of a project that goes on, or a new one.
    pub async fn session(
        &self,
        whom: &OnBehalf,
        project: ProjectId,
        session: Option<ConversationId>,
        new: NewConversation,
    ) -> Result<Conversation, ConversationError> {
        let Some(session) = session else { return self.create(whom, new).await };
        let found = self.get(whom.user, session).await?;
        if found.project == Some(project) { Ok(found) } else { Err(ConversationError::NotFound) }
    }

    /// Changes a conversation. `model` is a catalogue id; the provider follows it.
    pub async fn update(
        &self,
        owner: UserId,
        id: ConversationId,
        model: Option<String>,
        changes: ConversationChanges,
    ) -> Result<Conversation, ConversationError> {
        let model = model.map(|id| self.model(&id)).transpose()?;
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
        let (conversations, engine) = (self.conversations.clone(), self.engine.clone());
        // Not on the request: a caller that does not wait for the end must not undo the work.
        let deleting = self.tasks.spawn(async move {
            let running = conversations.delete_of_project(project).await?;
            engine.forget(&running);
            Ok(())
        });
        deleting.await.map_err(|ended| StoreError::Failed(ended.into()))?
    }

    /// Whether a project is the person's, which only project-service knows.
    async fn check(
        &self,
        whom: &OnBehalf,
        project: Option<ProjectId>,
    ) -> Result<(), ConversationError> {
        if let Some(project) = project {
            self.projects.prompts(whom, project).await?;
        }
        Ok(())
    }

    /// What a person wants where the request does not say, unless it says all.
    async fn preferences(
        &self,
        user: UserId,
        is_whole: bool,
    ) -> Result<Preferences, ConversationError> {
        let found = if is_whole { None } else { self.preferences.find(user).await? };
        Ok(found.unwrap_or_default())
    }

    /// The id and the provider of a model.
    fn model(&self, id: &str) -> Result<(String, String), ConversationError> {
        let unknown = || ConversationError::UnknownModel { model: id.to_owned() };
        self.models.find(id).as_deref().map(named).ok_or_else(unknown)
    }

    /// The id and the provider of the model that a person prefers, if the catalogue still has it, or of the service's default.
    async fn default_model(
        &self,
        user: UserId,
        preferred: Option<&str>,
    ) -> Result<(String, String), ConversationError> {
        let model = match preferred.and_then(|id| self.models.find(id)) {
            Some(preferred) => Some(preferred),
            None => self.models.default_model(user).await?,
        };
        let unknown = || ConversationError::UnknownModel { model: String::new() };
        model.as_deref().map(named).ok_or_else(unknown)
    }
}

fn named(model: &Model) -> (String, String) {
    (model.id.clone(), model.provider.clone())
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
