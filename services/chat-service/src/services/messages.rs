use std::sync::Arc;

use common::domain::api_key::ApiKeyError;
use common::domain::conversation::{Conversation, derive_title};
use common::domain::message::{
    ContextUse, Message, MessageError, NewMessage, NewTurn, PromptUse, Role,
};
use common::repositories::{ConversationRepository, MessageRepository, PreferenceRepository};
use common::{Clock, ConversationId, Direction, Ids, MessageId, Page, PageRequest, UserId};
use tokio::join;

use super::context::{self, Context};
use super::models::{AvailableModel, ModelError};
use super::{Models, OnBehalf, ProjectAccess, ProjectPrompts};
use crate::core::{ContextSettings, Model, Parameter, TemperatureRange};
use crate::generation::{Candidate, Engine, ModelCall, Reply};
use crate::providers::{CompletionRequest, PromptMessage};

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

/// What every model that may answer is asked alike.
struct Ask {
    messages: Arc<[PromptMessage]>,
    temperature: f64,
    max_tokens: Option<u32>,
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
        let (conversation, preferred, within_budget) = join!(
            self.conversation(whom.user, conversation),
            self.preferred_temperature(whom.user, message.temperature),
            self.engine.check_budget(whom.user)
        );
        // What is not there comes before what may not be done with it.
        let (conversation, preferred, ()) = (conversation?, preferred?, within_budget?);
        let id = message.model.as_ref().unwrap_or(&conversation.model);
        let model =
            self.models.resolve(whom.user, id).await.map_err(|error| model_error(error, id))?;
        let temperature = preferred.unwrap_or(model.model.temperature.default);
        let prompts = self.prompts(whom, &conversation).await?;
        let history_of = message.own_history_only.then_some(model.model.id.as_str());
        let (messages, context) =
            self.assemble(&conversation, &prompts, &message.content, &model, history_of).await?;
        let ask = Ask { messages, temperature, max_tokens: message.max_tokens };
        let call = ModelCall {
            fallbacks: self.fallbacks(whom.user, &model.model, &ask).await,
            wanted: self.candidate(&model, &ask, context.tokens),
            project: conversation.project,
            prompt_stale: prompts.is_stale,
        };
        let turn = NewTurn {
            conversation: conversation.id,
            turn: self.ids.next(),
            user_message: self.ids.next(),
            content_tokens: call.wanted.asked.count(&message.content),
            title: derive_title(&message.content),
            content: message.content,
            reply: self.ids.next(),
            model: call.wanted.asked.model.clone(),
            temperature: Some(temperature),
            context,
            prompt_versions: prompts
                .prompts
                .iter()
                .map(|p| PromptUse { prompt_id: p.id, version: p.version })
                .collect(),
            lease: self.engine.lease(),
            at: self.clock.now(),
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

    /// The temperature that a send names, else the person's own.
    async fn preferred_temperature(
        &self,
        user: UserId,
        named: Option<f64>,
    ) -> Result<Option<f64>, MessageError> {
        if named.is_some() {
            return Ok(named);
        }
        Ok(self.preferences.find(user).await?.and_then(|own| own.default_temperature))
    }

    /// Those that may stand in for a model, each asked as much as it can read.
    async fn fallbacks(&self, user: UserId, model: &Model, ask: &Ask) -> Vec<Candidate> {
        let mut candidates = Vec::with_capacity(model.fallbacks.len());
        for id in &model.fallbacks {
            if let Ok(fallback) = self.models.resolve(user, id).await {
                let room = self.room(&fallback.model);
                candidates.extend(fit(self.candidate(&fallback, ask, 0), room));
            }
        }
        candidates
    }

    fn candidate(&self, available: &AvailableModel, ask: &Ask, prompt_tokens: u32) -> Candidate {
        let AvailableModel { model, key, .. } = available;
        let TemperatureRange { min, max, .. } = model.temperature;
        let takes_temperature = model.takes(Parameter::Temperature);
        let request = CompletionRequest {
            model: model.upstream.clone(),
            messages: ask.messages.clone(),
            temperature: takes_temperature.then(|| ask.temperature.clamp(min, max)),
            max_tokens: ask.max_tokens.map(|tokens| tokens.min(model.max_output_tokens)),
            context_length: model.context_length,
            stop: Vec::new(),
            tools: None,
            key: key.clone(),
        };
        let first_token = self.engine.first_token(available.vendor.requires_loading);
        Candidate { asked: available.asked(prompt_tokens, first_token), request }
    }

    /// How many tokens a model can be sent, so that there is room for its reply.
    fn room(&self, model: &Model) -> u32 {
        let window = model.context_length;
        window - self.context.reply_reserve.min(model.max_output_tokens).min(window / 2)
    }

    async fn prompts(
        &self,
        whom: &OnBehalf,
        conversation: &Conversation,
    ) -> Result<ProjectPrompts, MessageError> {
        let Some(project) = conversation.project else {
            return Ok(ProjectPrompts { prompts: Vec::new(), is_stale: false });
        };
        Ok(self.projects.prompts(whom, project).await?)
    }

    /// What the model is told, and what of the conversation that is.
    async fn assemble(
        &self,
        conversation: &Conversation,
        prompts: &ProjectPrompts,
        content: &str,
        model: &AvailableModel,
        history_of: Option<&str>,
    ) -> Result<(Arc<[PromptMessage]>, ContextUse), MessageError> {
        let room = self.room(&model.model);
        let system: Vec<&str> = prompts
            .prompts
            .iter()
            .map(|prompt| prompt.content.as_str())
            .chain(conversation.system_prompt.as_deref())
            .collect();
        let count = |text: &str| model.provider.count_tokens(&model.model.upstream, text);
        let too_long = MessageError::ContextTooLong { limit: room };
        let mut context = Context::new(room, &system, content, count).ok_or(too_long)?;

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
                let used = context.used();
                return Ok((context.into_messages().into(), used));
            }
        }
    }
}

/// The candidate, asked no more than there is room for; `None` if that is not even the newest message.
fn fit(mut candidate: Candidate, room: u32) -> Option<Candidate> {
    loop {
        let Candidate { asked, request } = &mut candidate;
        let tokens = context::tokens(&request.messages, |text| asked.count(text));
        if tokens <= room {
            asked.prompt_tokens = tokens;
            return Some(candidate);
        }
        request.trim().then_some(())?;
    }
}

pub(super) fn model_error(error: ModelError, id: &str) -> MessageError {
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
