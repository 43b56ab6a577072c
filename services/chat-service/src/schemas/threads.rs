use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::domain::conversation::{
    Conversation, ConversationChanges, DeletedConversation, ModelContext, NewConversation,
};
use common::domain::message::{NewMessage, ReplyOptions};
use common::{ConversationId, Page};
use garde::Validate;
use platform::http::{AppError, FieldError, valid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attachments::MessageContent;
use super::conversations::LastMessageResponse;
use super::messages::{History, check_size};

/// As many models as can be asked at once.
const MOST_MODELS: usize = 4;

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateThreadRequest {
    /// 1 to 200 characters; from the first message if absent.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=200))))]
    title: Option<String>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateThreadTitleRequest {
    /// 1 to 200 characters.
    #[garde(custom(valid::text(1..=200)))]
    title: String,
}

/// A message to one model, which is in the path.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendToModelRequest {
    /// As in a send to a conversation.
    #[garde(dive)]
    content: MessageContent,
    /// 0 to 2; the caller's own default if absent, else 0.7.
    #[serde(default)]
    #[garde(inner(custom(valid::within(0.0..=2.0))))]
    temperature: Option<f64>,
    /// At most so many tokens of answer.
    #[serde(default)]
    #[garde(inner(custom(valid::within(1..=1_000_000))))]
    max_tokens: Option<u32>,
    /// What the model is shown of the thread; `model` if absent.
    #[serde(default)]
    #[garde(skip)]
    history: Option<History>,
    /// Whether to answer with events; if absent, `Accept` decides.
    #[serde(default)]
    #[garde(skip)]
    pub stream: Option<bool>,
}

/// A message to several models, each of which answers.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendToModelsRequest {
    /// As in a send to a conversation.
    #[garde(dive)]
    content: MessageContent,
    /// 1 to 4 models of the catalogue, each once.
    #[garde(length(min = 1, max = MOST_MODELS), inner(custom(valid::text(1..=100))))]
    models: Vec<String>,
    /// 0 to 2; the caller's own default if absent, else 0.7.
    #[serde(default)]
    #[garde(inner(custom(valid::within(0.0..=2.0))))]
    temperature: Option<f64>,
    /// At most so many tokens of answer, from each.
    #[serde(default)]
    #[garde(inner(custom(valid::within(1..=1_000_000))))]
    max_tokens: Option<u32>,
    /// What each model is shown of the thread; `model` if absent.
    #[serde(default)]
    #[garde(skip)]
    history: Option<History>,
    /// Whether to answer with events; if absent, `Accept` decides.
    #[serde(default)]
    #[garde(skip)]
    pub stream: Option<bool>,
}

/// A conversation as `/threads` shows it in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreadResponse {
    id: ConversationId,
    #[schema(required)]
    title: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    message_count: u32,
    /// The models that have been asked in it.
    active_models: Vec<String>,
    #[schema(required)]
    last_message: Option<LastMessageResponse>,
}

/// A conversation as `/threads` shows it alone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreadDetailResponse {
    #[serde(flatten)]
    thread: ThreadResponse,
    /// What was said with each model, by its id.
    models: BTreeMap<String, ThreadModelResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreadModelResponse {
    message_count: u32,
    last_message_at: DateTime<Utc>,
    /// What the model knows in short.
    #[schema(required)]
    summary: Option<String>,
    #[schema(required)]
    summary_updated_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ThreadData {
    thread: ThreadDetailResponse,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ThreadsData {
    threads: Vec<ThreadResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedThreadData {
    deleted_thread: ConversationId,
    /// How many messages went with it.
    deleted_messages: u64,
}

impl SendToModelRequest {
    /// The message, to that model.
    pub fn to(self, model: String) -> NewMessage {
        let (content, images) = self.content.into_parts();
        let options = options(self.temperature, self.max_tokens, self.history);
        NewMessage { content, images, models: vec![model], options }
    }

    /// Refuses a body that is longer than one without images may be.
    pub fn check_size(&self, size: usize) -> Result<(), AppError> {
        check_size(&self.content, size)
    }
}

impl SendToModelsRequest {
    /// Refuses a body that is longer than one without images may be, and a model that is named twice.
    pub fn check(&self, size: usize) -> Result<(), AppError> {
        let is_twice = |(n, model): (usize, &String)| self.models[..n].contains(model);
        if self.models.iter().enumerate().any(is_twice) {
            return Err(AppError::invalid(&[FieldError::new("models", "each model once")]));
        }
        check_size(&self.content, size)
    }
}

/// In a thread each model keeps to its own history.
fn options(
    temperature: Option<f64>,
    max_tokens: Option<u32>,
    history: Option<History>,
) -> ReplyOptions {
    let own_history = Some(history.is_none_or(History::is_own));
    ReplyOptions { temperature, max_tokens, own_history }
}

impl From<SendToModelsRequest> for NewMessage {
    fn from(request: SendToModelsRequest) -> Self {
        let (content, images) = request.content.into_parts();
        let options = options(request.temperature, request.max_tokens, request.history);
        Self { content, images, models: request.models, options }
    }
}

impl From<CreateThreadRequest> for NewConversation {
    fn from(request: CreateThreadRequest) -> Self {
        Self { title: request.title, ..Self::default() }
    }
}

impl From<UpdateThreadTitleRequest> for ConversationChanges {
    fn from(request: UpdateThreadTitleRequest) -> Self {
        Self { title: Some(request.title), ..Self::default() }
    }
}

impl From<Conversation> for ThreadResponse {
    fn from(conversation: Conversation) -> Self {
        Self {
            id: conversation.id,
            title: conversation.title,
            created_at: conversation.created_at,
            updated_at: conversation.updated_at,
            message_count: conversation.message_count,
            active_models: conversation.contexts.into_iter().map(|said| said.model).collect(),
            last_message: conversation.last_message.map(LastMessageResponse::from),
        }
    }
}

impl From<Conversation> for ThreadData {
    fn from(conversation: Conversation) -> Self {
        let models = conversation.contexts.iter().cloned().map(|said| {
            let ModelContext { model, message_count, last_message_at, summary, summary_at } = said;
            let summary_updated_at = summary_at;
            let shown =
                ThreadModelResponse { message_count, last_message_at, summary, summary_updated_at };
            (model, shown)
        });
        let models = models.collect();
        Self { thread: ThreadDetailResponse { models, thread: conversation.into() } }
    }
}

impl From<Page<Conversation>> for ThreadsData {
    fn from(page: Page<Conversation>) -> Self {
        Self { threads: page.items.into_iter().map(Into::into).collect() }
    }
}

impl From<DeletedConversation> for DeletedThreadData {
    fn from(deleted: DeletedConversation) -> Self {
        Self { deleted_thread: deleted.id, deleted_messages: deleted.messages }
    }
}
