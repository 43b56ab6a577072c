use std::sync::Arc;

use common::domain::api_key::ApiKeyError;
use common::domain::attachment::Image;
use common::domain::message::{ContextUse, MessageError, ReplyOptions};
use common::domain::subject::Subject;
use common::domain::summary::PlacedSummary;
use common::repositories::{AttachmentRepository, MessageFilter, MessageRepository};
use common::{Direction, PageRequest, UserId};

use super::context::{self, Context};
use super::models::{AvailableModel, ModelError};
use super::{Models, ProjectPrompts};
use crate::core::{Capability, ContextSettings, Model, Parameter, TemperatureRange, TitleSettings};
use crate::generation::{Afterwards, Candidate, Engine, ModelCall};
use crate::providers::{CompletionRequest, PromptMessage, PromptRole};

/// How many messages are read at a time while a context is put together.
const HISTORY_PAGE: u32 = 50;

/// Puts together what models are asked about a conversation.
pub struct Composer {
    pub messages: Arc<dyn MessageRepository>,
    pub attachments: Arc<dyn AttachmentRepository>,
    pub models: Arc<Models>,
    pub engine: Arc<Engine>,
    pub settings: ContextSettings,
    pub titles: TitleSettings,
}

/// What is to be answered, and what goes in front of it.
pub struct Matter<'a> {
    pub subject: &'a Subject,
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
pub(super) struct Ask {
    pub(super) messages: Arc<[PromptMessage]>,
    pub(super) temperature: f64,
    pub(super) max_tokens: Option<u32>,
}

/// A context that is begun, and the summary that it begins with.
type Begun<'s, C> = (Context<C>, Option<&'s PlacedSummary>);

impl Composer {
    /// What a model is asked.
    ///
    /// # Errors
    /// There is no such model, a person cannot ask it, it does not see the images, or the message alone is too much for it.
    pub async fn compose(&self, matter: &Matter<'_>, id: &str) -> Result<Composed, MessageError> {
        let Matter { subject, prompts, options, .. } = matter;
        let resolved = self.models.resolve(subject.owner, id).await;
        let model = resolved.map_err(|error| model_error(error, id))?;
        if !matter.images.is_empty() && !model.model.can(Capability::Vision) {
            return Err(MessageError::SeesNoImages { model: model.model.id.clone() });
        }
        let temperature = options.temperature.unwrap_or(model.model.temperature.default);
        let (messages, context) = self.context(matter, &model).await?;
        let ask = Ask { messages, temperature, max_tokens: options.max_tokens };
        let call = ModelCall {
            fallbacks: self.fallbacks(subject.owner, &model.model, &ask).await,
            wanted: candidate(&self.engine, &model, &ask, context.tokens),
            project: subject.project,
            prompt_stale: prompts.is_stale,
            afterwards: self.afterwards(subject, &model.model),
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
                let room = self.settings.room(&fallback.model);
                candidates.extend(fit(candidate(&self.engine, &fallback, &ask, 0), room));
            }
        }
        candidates
    }

    /// What is to be asked in the background after the reply.
    fn afterwards(&self, subject: &Subject, model: &Model) -> Afterwards {
        // Before its first message it has none unless its owner gave it one.
        let is_unnamed = self.titles.automatic && subject.title.is_none();
        Afterwards {
            summarize_from: self.settings.summarize_from(model),
            title_by: is_unnamed.then(|| subject.model.clone()),
        }
    }

    /// What the model is told, and what of the conversation that is.
    ///
    /// A summary takes the place of the messages that it covers, but for the last exchange, which is told word for word as long
    /// as there is room.
    async fn context(
        &self,
        matter: &Matter<'_>,
        model: &AvailableModel,
    ) -> Result<(Arc<[PromptMessage]>, ContextUse), MessageError> {
        let Matter { subject, depth, .. } = matter;
        let own_history = matter.options.own_history.unwrap_or(false);
        let id = model.model.id.as_str();
        let summary = subject.summaries.get(id);
        let summary = summary.filter(|summary| summary.serves(own_history, *depth));
        let (mut context, summary) = self.begin(matter, model, summary)?;
        let is_told = |depth: u32| summary.is_some_and(|summary| depth <= summary.depth);

        let filter = MessageFilter { model: own_history.then_some(id), before: *depth };
        let mut after = None;
        loop {
            let request =
                PageRequest { limit: HISTORY_PAGE, after, direction: Direction::Descending };
            let (owner, conversation) = (subject.owner, subject.conversation);
            let page = self.messages.history(owner, conversation, filter, request).await?;
            let goes_on = page.items.into_iter().all(|message| {
                !(is_told(message.depth) && context.has_question()) && context.take(message)
            });
            after = page.next;
            if !goes_on || after.is_none() {
                let summarized_through = summary.map(|summary| summary.summary.through);
                let used = ContextUse { own_history, summarized_through, ..context.used() };
                let images = self.attachments.images(owner, &context.images()).await?;
                return Ok((context.into_messages(&images).into(), used));
            }
        }
    }

    /// A context with all that must be in it, and with the summary, if there is room for that too.
    fn begin<'m, 's>(
        &self,
        matter: &Matter<'_>,
        model: &'m AvailableModel,
        summary: Option<&'s PlacedSummary>,
    ) -> Result<Begun<'s, impl Fn(&str) -> u32 + use<'m>>, MessageError> {
        let Matter { subject, prompts, .. } = matter;
        let room = self.settings.room(&model.model);
        let sees = model.model.can(Capability::Vision);
        let count = |text: &str| model.provider.count_tokens(&model.model.upstream, text);
        let newest = PromptMessage {
            images: matter.images.to_vec(),
            ..PromptMessage::text(PromptRole::User, matter.content)
        };
        let in_short = summary.map(|summary| context::in_short(&summary.summary.text));
        let prompts = prompts.prompts.iter().map(|prompt| prompt.content.as_str());
        let mut system: Vec<&str> =
            prompts.chain(subject.system_prompt.as_deref()).chain(in_short.as_deref()).collect();
        let begun = Context::new(room, sees, &system, newest.clone(), count);
        if let Some(context) = begun {
            return Ok((context, summary));
        }
        system.truncate(system.len() - in_short.iter().len());
        let context = Context::new(room, sees, &system, newest, count);
        Ok((context.ok_or(MessageError::ContextTooLong { limit: room })?, None))
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

/// A model that is to be asked.
pub(super) fn candidate(
    engine: &Engine,
    available: &AvailableModel,
    ask: &Ask,
    prompt_tokens: u32,
) -> Candidate {
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
    let first_token = engine.first_token(available.vendor.requires_loading);
    Candidate { asked: available.asked(prompt_tokens, first_token), request }
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
