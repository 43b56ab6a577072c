use std::sync::Arc;

use common::domain::api_key::ApiKeyError;
use common::domain::conversation::{Conversation, derive_title};
use common::domain::message::{Message, MessageError, NewMessage, NewTurn, PromptUse, Role};
use common::repositories::{ConversationRepository, MessageRepository, PreferenceRepository};
use common::{Clock, ConversationId, Direction, Ids, MessageId, Page, PageRequest, UserId};
use tokio::join;

use super::context::Context;
use super::models::{AvailableModel, ModelError};
use super::{Models, OnBehalf, ProjectAccess, ProjectAccessError, ProjectPrompts};
use crate::core::ContextSettings;
use crate::generation::{Engine, ModelCall, Reply};
use crate::providers::{CompletionRequest, PromptMessage};

/// The temperature where nobody says another.
const TEMPERATURE: f64 = 0.7;
/// How many messages are read at a time while a context is put together.
const HISTORY_PAGE: u32 = 50;

/// Where a reply's events come from.
pub enum Following {
    /// This process makes it.
    Running(Arc<Reply>),
    /// It is stored: whole, or as far as another process has come.
    Stored(Box<Message>),
}

/// Messages and the replies to them, each seen by its owner alone.
pub struct Messages {
    conversations: Arc<dyn ConversationRepository>,
    messages: Arc<dyn MessageRepository>,
    preferences: Arc<dyn PreferenceRepository>,
    projects: Arc<dyn ProjectAccess>,
    models: Arc<Models>,
    engine: Engine,
    context: ContextSettings,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

/// What [`Messages`] stands on.
pub struct MessagesParts {
    pub conversations: Arc<dyn ConversationRepository>,
    pub messages: Arc<dyn MessageRepository>,
    pub preferences: Arc<dyn PreferenceRepository>,
    pub projects: Arc<dyn ProjectAccess>,
    pub models: Arc<Models>,
    pub engine: Engine,
    pub context: ContextSettings,
}

impl Messages {
    pub fn new(parts: MessagesParts, clock: Arc<dyn Clock>, ids: Ids) -> Self {
        let MessagesParts {
            conversations,
            messages,
            preferences,
            projects,
            models,
            engine,
            context,
        } = parts;
        Self { conversations, messages, preferences, projects, models, engine, context, clock, ids }
    }

    pub async fn list(
        &self,
        owner: UserId,
        conversation: ConversationId,
        model: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Message>, MessageError> {
        let listed = self.messages.list(owner, conversation, model, page).await?;
        if listed.items.is_empty() {
            self.conversation(owner, conversation).await?;
        }
        Ok(listed)
    }

    pub async fn get(&self, owner: UserId, id: MessageId) -> Result<Message, MessageError> {
        self.messages.find(owner, id).await?.ok_or(MessageError::NotFound)
    }

    /// Stores a message and starts the reply to it, which goes on whoever listens.
    pub async fn send(
        &self,
        whom: &OnBehalf,
        conversation: ConversationId,
        message: NewMessage,
    ) -> Result<Arc<Reply>, MessageError> {
        let (conversation, temperature, within_budget) = join!(
            self.conversation(whom.user, conversation),
            self.temperature(whom.user, message.temperature),
            self.engine.check_budget(whom.user)
        );
        // What is not there comes before what may not be done with it.
        let (conversation, temperature, ()) = (conversation?, temperature?, within_budget?);
        let id = message.model.as_ref().unwrap_or(&conversation.model);
        let model =
            self.models.resolve(whom.user, id).await.map_err(|error| model_error(error, id))?;
        let prompts = self.prompts(whom, &conversation).await?;
        let history_of = message.own_history_only.then_some(model.model.id.as_str());
        let (messages, prompt_tokens) =
            self.assemble(&conversation, &prompts, &message.content, &model, history_of).await?;

        let turn = NewTurn {
            conversation: conversation.id,
            turn: self.ids.next(),
            user_message: self.ids.next(),
            content_tokens: model.provider.count_tokens(&model.model.upstream, &message.content),
            title: derive_title(&message.content),
            content: message.content,
            reply: self.ids.next(),
            model: model.model.id.clone(),
            temperature: Some(temperature),
            prompt_versions: prompts
                .prompts
                .iter()
                .map(|p| PromptUse { prompt_id: p.id, version: p.version })
                .collect(),
            lease: self.engine.lease(),
            at: self.clock.now(),
        };
        let request = CompletionRequest {
            model: model.model.upstream.clone(),
            messages,
            temperature: Some(temperature),
            max_tokens: message.max_tokens,
            context_length: model.model.context_length,
            tools: None,
            key: model.key,
        };
        let call = ModelCall {
            provider: model.provider,
            request,
            prompt_tokens,
            price: model.model.price,
            prompt_stale: prompts.is_stale,
        };
        self.engine.begin(whom.user, turn, call).await
    }

    /// Stops a reply and the call to its model; the reply with what had come. One that has ended stays as it is.
    pub async fn cancel(&self, owner: UserId, id: MessageId) -> Result<Message, MessageError> {
        self.engine.cancel(owner, id).await?.ok_or(MessageError::NotFound)
    }

    /// A reply, to be followed from wherever.
    pub async fn follow(&self, owner: UserId, id: MessageId) -> Result<Following, MessageError> {
        if let Some(reply) = self.engine.running(owner, id) {
            return Ok(Following::Running(reply));
        }
        let message = self.get(owner, id).await?;
        // Only replies stream.
        if message.role != Role::Assistant {
            return Err(MessageError::NotFound);
        }
        Ok(Following::Stored(Box::new(message)))
    }

    /// The repository, for following what is stored.
    pub fn stored(&self) -> Arc<dyn MessageRepository> {
        self.messages.clone()
    }

    async fn conversation(
        &self,
        owner: UserId,
        id: ConversationId,
    ) -> Result<Conversation, MessageError> {
        self.conversations.find(owner, id).await?.ok_or(MessageError::NotFound)
    }

    /// The temperature that a send names, else the person's own, else everybody's.
    async fn temperature(&self, user: UserId, named: Option<f64>) -> Result<f64, MessageError> {
        if let Some(named) = named {
            return Ok(named);
        }
        let preferences = self.preferences.find(user).await?.unwrap_or_default();
        Ok(preferences.default_temperature.unwrap_or(TEMPERATURE))
    }

    async fn prompts(
        &self,
        whom: &OnBehalf,
        conversation: &Conversation,
    ) -> Result<ProjectPrompts, MessageError> {
        let Some(project) = conversation.project else {
            return Ok(ProjectPrompts { prompts: Vec::new(), is_stale: false });
        };
        self.projects.prompts(whom, project).await.map_err(|error| match error {
            ProjectAccessError::NotFound => MessageError::NoSuchProject,
            ProjectAccessError::Unauthorized => MessageError::Unauthorized,
            ProjectAccessError::Unavailable(cause) => MessageError::ProjectsUnavailable(cause),
        })
    }

    /// What the model is told, and about how many tokens that is.
    async fn assemble(
        &self,
        conversation: &Conversation,
        prompts: &ProjectPrompts,
        content: &str,
        model: &AvailableModel<'_>,
        history_of: Option<&str>,
    ) -> Result<(Vec<PromptMessage>, u32), MessageError> {
        let window = model.model.context_length;
        let reserve = self.context.reply_reserve.min(model.model.max_output_tokens).min(window / 2);
        let system: Vec<&str> = prompts
            .prompts
            .iter()
            .map(|prompt| prompt.content.as_str())
            .chain(conversation.system_prompt.as_deref())
            .collect();
        let count = |text: &str| model.provider.count_tokens(&model.model.upstream, text);
        let too_long = MessageError::ContextTooLong { limit: window - reserve };
        let mut context =
            Context::new(window - reserve, &system, content, count).ok_or(too_long)?;

        let mut after = None;
        loop {
            let request =
                PageRequest { limit: HISTORY_PAGE, after, direction: Direction::Descending };
            let page = self
                .messages
                .list(conversation.owner, conversation.id, history_of, request)
                .await?;
            let has_room = page.items.into_iter().all(|message| context.take(message));
            after = page.next;
            if !has_room || after.is_none() {
                let tokens = context.tokens();
                return Ok((context.into_messages(), tokens));
            }
        }
    }
}

fn model_error(error: ModelError, id: &str) -> MessageError {
    match error {
        ModelError::Unknown => MessageError::UnknownModel { model: id.to_owned() },
        ModelError::Unavailable { provider } => MessageError::ApiKeyRequired { provider },
        ModelError::Key { provider, error } => match error {
            ApiKeyError::Store(error) => MessageError::Store(error),
            ApiKeyError::Unreadable => MessageError::KeyUnreadable { provider },
            other => MessageError::KeyUnavailable(Box::new(other)),
        },
    }
}
