use std::sync::Arc;

use common::domain::api_key::ApiKeyError;
use common::domain::attachment::Image;
use common::domain::conversation::Conversation;
use common::domain::message::{ContextUse, MessageError, ReplyOptions};
use common::repositories::{AttachmentRepository, MessageFilter, MessageRepository};
use common::{Direction, PageRequest, UserId};

use super::context::{self, Context};
use super::models::{AvailableModel, ModelError};
use super::{Models, ProjectPrompts};
use crate::core::{Capability, ContextSettings, Model, Parameter, TemperatureRange};
use crate::generation::{Candidate, Engine, ModelCall};
use crate::providers::{CompletionRequest, PromptMessage, PromptRole};

/// How many messages are read at a time while a context is put together.
const HISTORY_PAGE: u32 = 50;

/// Puts together what models are asked about a conversation.
pub struct Composer {
    pub messages: Arc<dyn MessageRepository>,
    pub attachments: Arc<dyn AttachmentRepository>,
    pub models: Arc<Models>,
    pub engine: Engine,
    pub settings: ContextSettings,
}

/// What is to be answered, and what goes in front of it.
pub struct Matter<'a> {
    pub conversation: &'a Conversation,
    pub prompts: &'a ProjectPrompts,
    /// The message that is to be answered.
    pub content: &'a str,
    /// Its images.
    pub images: &'a [Image],
    /// How deep it is, if it does not follow the active branch.
    pub depth: Option<u32>,
    /// How it is to be answered; the temperature is the one that counts where the model has no own.
    pub options: ReplyOptions,
}

/// What a model is to be asked.
pub struct Composed {
    pub call: ModelCall,
    /// What of the conversation that is.
    pub context: ContextUse,
    /// How freely the model is to answer.
    pub temperature: f64,
    /// How many tokens the message that is to be answered has.
    pub tokens: u32,
}

/// What every model that may answer is asked alike.
#[derive(Clone)]
struct Ask {
    messages: Arc<[PromptMessage]>,
    temperature: f64,
    max_tokens: Option<u32>,
}

impl Composer {
    /// What a model is asked.
    ///
    /// # Errors
    /// There is no such model, a person cannot ask it, it does not see the images, or the message alone is too much for it.
    pub async fn compose(&self, matter: &Matter<'_>, id: &str) -> Result<Composed, MessageError> {
        let Matter { conversation, prompts, options, .. } = matter;
        let resolved = self.models.resolve(conversation.owner, id).await;
        let model = resolved.map_err(|error| model_error(error, id))?;
        if !matter.images.is_empty() && !model.model.can(Capability::Vision) {
            return Err(MessageError::SeesNoImages { model: model.model.id.clone() });
        }
        let temperature = options.temperature.unwrap_or(model.model.temperature.default);
        let (messages, context) = self.context(matter, &model).await?;
        let ask = Ask { messages, temperature, max_tokens: options.max_tokens };
        let call = ModelCall {
            fallbacks: self.fallbacks(conversation.owner, &model.model, &ask).await,
            wanted: self.candidate(&model, &ask, context.tokens),
            project: conversation.project,
            prompt_stale: prompts.is_stale,
        };
        let count = |text: &str| call.wanted.asked.count(text);
        let tokens = call.wanted.request.messages.last().map_or(0, |newest| newest.tokens(count));
        Ok(Composed { call, context, temperature, tokens })
    }

    /// Those that may stand in for a model, each asked as much as it can read.
    async fn fallbacks(&self, user: UserId, model: &Model, ask: &Ask) -> Vec<Candidate> {
        let mut candidates = Vec::with_capacity(model.fallbacks.len());
        for id in &model.fallbacks {
            if let Ok(fallback) = self.models.resolve(user, id).await
                && let Some(ask) = ask.to(&fallback.model)
            {
                let room = self.room(&fallback.model);
                candidates.extend(fit(self.candidate(&fallback, &ask, 0), room));
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
        window - self.settings.reply_reserve.min(model.max_output_tokens).min(window / 2)
    }

    /// What the model is told, and what of the conversation that is.
    async fn context(
        &self,
        matter: &Matter<'_>,
        model: &AvailableModel,
    ) -> Result<(Arc<[PromptMessage]>, ContextUse), MessageError> {
        let Matter { conversation, prompts, .. } = matter;
        let room = self.room(&model.model);
        let system: Vec<&str> = prompts
            .prompts
            .iter()
            .map(|prompt| prompt.content.as_str())
            .chain(conversation.system_prompt.as_deref())
            .collect();
        let newest = PromptMessage {
            images: matter.images.to_vec(),
            ..PromptMessage::text(PromptRole::User, matter.content)
        };
        let sees = model.model.can(Capability::Vision);
        let count = |text: &str| model.provider.count_tokens(&model.model.upstream, text);
        let too_long = MessageError::ContextTooLong { limit: room };
        let mut context = Context::new(room, sees, &system, newest, count).ok_or(too_long)?;

        let own_history = matter.options.own_history.unwrap_or(false);
        let filter = MessageFilter {
            model: own_history.then_some(model.model.id.as_str()),
            before: matter.depth,
        };
        let mut after = None;
        loop {
            let request =
                PageRequest { limit: HISTORY_PAGE, after, direction: Direction::Descending };
            let page =
                self.messages.list(conversation.owner, conversation.id, filter, request).await?;
            let has_room = page.items.into_iter().all(|message| context.take(message));
            after = page.next;
            if !has_room || after.is_none() {
                let used = ContextUse { own_history, ..context.used() };
                let images = self.attachments.images(conversation.owner, &context.images()).await?;
                return Ok((context.into_messages(&images).into(), used));
            }
        }
    }
}

impl Ask {
    /// What a model is asked in place of another. Images that it does not see are left out; `None` if they are what it is asked
    /// about.
    fn to(&self, model: &Model) -> Option<Self> {
        if model.can(Capability::Vision) {
            return Some(self.clone());
        }
        let shows = self.messages.last().is_some_and(|newest| !newest.images.is_empty());
        let messages = context::without_images(&self.messages);
        (!shows).then(|| Self { messages, ..self.clone() })
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
