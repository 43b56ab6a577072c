use std::fmt::Display;

use chrono::{DateTime, Utc};
use common::domain::attachment::Image;
use common::domain::message::{
    ContextUse, FinishReason, Message, MessageStatus, NewMessage, PromptUse, ReplyEnd,
    ReplyFailure, ReplyOptions, Role, Usage,
};
use common::domain::usage::UsageEntry;
use common::{ConversationId, Direction, MessageId, Page, TurnId};
use garde::Validate;
use platform::http::{AppError, Limit, Order, Paging, valid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::attachments::{AttachmentResponse, MessageContent};

/// How many bytes a send without images may have.
const TEXT_LIMIT: usize = 4 * 1024 * 1024;

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendMessageRequest {
    /// A text of 1 to 200,000 characters; or parts, of which at most four are images, and one is an image or has words.
    #[garde(dive)]
    content: MessageContent,
    /// A model of the catalogue; the conversation's if absent.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=100))))]
    model: Option<String>,
    /// 0 to 2; the caller's own default if absent, else 0.7.
    #[serde(default)]
    #[garde(inner(custom(valid::within(0.0..=2.0))))]
    temperature: Option<f64>,
    /// At most so many tokens of answer.
    #[serde(default)]
    #[garde(inner(custom(valid::within(1..=1_000_000))))]
    max_tokens: Option<u32>,
    /// What the model is shown of the conversation; `all` if absent.
    #[serde(default)]
    #[garde(skip)]
    history: Option<History>,
    /// Whether to answer with events; if absent, `Accept` decides.
    #[serde(default)]
    #[garde(skip)]
    stream: Option<bool>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditMessageRequest {
    /// As in a send. A text alone keeps the images of the message that it replaces; parts have the images that they have.
    #[garde(dive)]
    content: MessageContent,
    /// As in a send.
    #[serde(default)]
    #[garde(inner(custom(valid::within(0.0..=2.0))))]
    temperature: Option<f64>,
    /// As in a send.
    #[serde(default)]
    #[garde(inner(custom(valid::within(1..=1_000_000))))]
    max_tokens: Option<u32>,
    /// As before if absent.
    #[serde(default)]
    #[garde(skip)]
    history: Option<History>,
    /// Whether to answer with events; if absent, `Accept` decides.
    #[serde(default)]
    #[garde(skip)]
    pub stream: Option<bool>,
}

#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegenerateMessageRequest {
    /// A model of the catalogue; the one that made the reply if absent.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=100))))]
    pub model: Option<String>,
    /// As in a send.
    #[serde(default)]
    #[garde(inner(custom(valid::within(0.0..=2.0))))]
    temperature: Option<f64>,
    /// As in a send.
    #[serde(default)]
    #[garde(inner(custom(valid::within(1..=1_000_000))))]
    max_tokens: Option<u32>,
    /// As before if absent.
    #[serde(default)]
    #[garde(skip)]
    history: Option<History>,
    /// Whether to answer with events; if absent, `Accept` decides.
    #[serde(default)]
    #[garde(skip)]
    pub stream: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum History {
    /// Only what was said with the model that is asked.
    Model,
    /// Everything.
    All,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMessagesQuery {
    /// Only messages to and of this model.
    #[garde(inner(custom(valid::text(1..=100))))]
    pub model: Option<String>,
    /// 1 to 200; 50 if absent.
    #[garde(inner(custom(valid::within(1..=200))))]
    limit: Option<u32>,
    /// `pagination.cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
    /// `desc` (newest first) if absent.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    order: Order,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListModelMessagesQuery {
    /// 1 to 200; 50 if absent.
    #[garde(inner(custom(valid::within(1..=200))))]
    limit: Option<u32>,
    /// `pagination.cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
    /// `desc` (newest first) if absent.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    order: Order,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageResponse {
    id: MessageId,
    conversation_id: ConversationId,
    /// The same, as `/threads` calls it.
    thread_id: ConversationId,
    #[schema(required)]
    parent_id: Option<MessageId>,
    /// How many messages there are in its place, with it: more than one after an edit or another reply.
    sibling_count: u32,
    turn_id: TurnId,
    model_id: String,
    role: Role,
    content: String,
    reasoning: String,
    attachments: Vec<AttachmentResponse>,
    #[schema(required)]
    tokens: Option<u32>,
    #[schema(required)]
    temperature: Option<f64>,
    status: MessageStatus,
    #[schema(required)]
    finish_reason: Option<FinishReason>,
    #[schema(required)]
    usage: Option<UsageResponse>,
    #[schema(required)]
    error: Option<FailureResponse>,
    /// The model that answered, where another one stood in for it.
    #[schema(required)]
    answered_by: Option<String>,
    /// What of the conversation the model saw; null for a person's message.
    #[schema(required)]
    context: Option<ContextUse>,
    /// The versions of the project's prompts that the model saw.
    prompt_versions: Vec<PromptUse>,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FailureResponse {
    code: String,
    message: String,
    retryable: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageResponse {
    prompt_tokens: u32,
    completion_tokens: u32,
    total_tokens: u32,
    /// Null where the price is unknown.
    #[schema(required)]
    cost_usd: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MessageData {
    message: MessageResponse,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MessagesData {
    messages: Vec<MessageResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentMessageData {
    user_message: MessageResponse,
    /// The reply, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    assistant_message: Option<MessageResponse>,
    /// The replies, where several models were asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assistant_messages: Vec<MessageResponse>,
    /// Of all replies together.
    #[schema(required)]
    usage: Option<UsageResponse>,
    /// Present where project-service did not answer and a kept copy of the prompts was used.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    prompt_stale: bool,
}

impl SendMessageRequest {
    /// Whether the client wants events; `None`: `Accept` decides.
    pub fn stream(&self) -> Option<bool> {
        self.stream
    }

    /// Whether it may be so many bytes long.
    pub fn check_size(&self, size: usize) -> Result<(), AppError> {
        check_size(&self.content, size)
    }
}

impl ListMessagesQuery {
    pub fn paging(&self, conversation: ConversationId) -> Result<Paging, AppError> {
        let model = self.model.as_deref().unwrap_or_default();
        let scope = format!("messages:{conversation}:{model}:{:?}", self.order);
        Paging::read(
            scope,
            Direction::from(self.order),
            self.limit,
            Limit(50),
            self.cursor.as_deref(),
        )
    }
}

impl ListModelMessagesQuery {
    /// Pages of the messages of something.
    pub fn paging(&self, of: impl Display) -> Result<Paging, AppError> {
        let scope = format!("messages of {of}:{:?}", self.order);
        Paging::read(scope, self.order.into(), self.limit, Limit(50), self.cursor.as_deref())
    }
}

impl SentMessageData {
    /// The user's message, then the replies.
    pub fn into_messages(self) -> Vec<MessageResponse> {
        let replies = self.assistant_message.into_iter().chain(self.assistant_messages);
        [self.user_message].into_iter().chain(replies).collect()
    }

    /// The user's message, and the replies as they ended.
    pub fn new(
        user_message: Message,
        replies: Vec<(Message, ReplyEnd)>,
        prompt_stale: bool,
    ) -> Self {
        let replies = replies.into_iter().map(|(pending, end)| ended(pending, &end)).collect();
        Self { prompt_stale, ..Self::stored(user_message, replies) }
    }

    /// The user's message, and the replies as they are stored.
    pub fn stored(user_message: Message, replies: Vec<Message>) -> Self {
        let usages = replies.iter().filter_map(|reply| reply.usage);
        let usage = usages.reduce(Usage::and).map(Into::into);
        let mut replies: Vec<MessageResponse> = replies.into_iter().map(Into::into).collect();
        let only = if replies.len() == 1 { replies.pop() } else { None };
        Self {
            user_message: user_message.into(),
            assistant_message: only,
            assistant_messages: replies,
            usage,
            prompt_stale: false,
        }
    }
}

fn ended(pending: Message, end: &ReplyEnd) -> Message {
    Message {
        content: end.content.clone(),
        reasoning: end.reasoning.clone(),
        status: end.status,
        finish_reason: end.finish_reason,
        error: end.error.clone(),
        tokens: Some(end.tokens),
        usage: end.usage.as_ref().map(UsageEntry::summary),
        answered_by: end.answered_by.clone(),
        ..pending
    }
}

impl From<SendMessageRequest> for NewMessage {
    fn from(request: SendMessageRequest) -> Self {
        let (content, images) = request.content.into_parts();
        Self {
            content,
            images,
            models: request.model.into_iter().collect(),
            options: ReplyOptions {
                temperature: request.temperature,
                max_tokens: request.max_tokens,
                own_history: request.history.map(History::is_own),
            },
        }
    }
}

impl History {
    /// Whether the model is shown only what was said with it.
    pub fn is_own(self) -> bool {
        self == Self::Model
    }
}

impl EditMessageRequest {
    /// What to say, with which images if any are named, and how it is to be answered.
    pub fn into_parts(self) -> (String, Option<Vec<Image>>, ReplyOptions) {
        let is_text = matches!(self.content, MessageContent::Text(_));
        let (content, images) = self.content.into_parts();
        let options = ReplyOptions {
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            own_history: self.history.map(History::is_own),
        };
        (content, (!is_text).then_some(images), options)
    }

    /// Refuses a body that is longer than one without images may be.
    pub fn check_size(&self, size: usize) -> Result<(), AppError> {
        check_size(&self.content, size)
    }
}

impl RegenerateMessageRequest {
    pub fn options(&self) -> ReplyOptions {
        ReplyOptions {
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            own_history: self.history.map(History::is_own),
        }
    }
}

/// Refuses a body that is longer than one without images may be.
pub fn check_size(content: &MessageContent, size: usize) -> Result<(), AppError> {
    if size > TEXT_LIMIT && !content.has_images() {
        return Err(AppError::too_large(TEXT_LIMIT));
    }
    Ok(())
}

impl From<Message> for MessageResponse {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            conversation_id: message.conversation,
            thread_id: message.conversation,
            parent_id: message.parent,
            sibling_count: message.siblings,
            turn_id: message.turn,
            model_id: message.model,
            role: message.role,
            content: message.content,
            reasoning: message.reasoning,
            attachments: message
                .attachments
                .into_iter()
                .map(|attachment| AttachmentResponse::of(message.id, attachment))
                .collect(),
            tokens: message.tokens,
            temperature: message.temperature,
            status: message.status,
            finish_reason: message.finish_reason,
            usage: message.usage.map(Into::into),
            error: message.error.map(Into::into),
            answered_by: message.answered_by,
            context: message.context,
            prompt_versions: message.prompt_versions,
            created_at: message.created_at,
        }
    }
}

impl From<Usage> for UsageResponse {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.total_tokens(),
            cost_usd: usage.cost_usd(),
        }
    }
}

impl From<ReplyFailure> for FailureResponse {
    fn from(failure: ReplyFailure) -> Self {
        Self { code: failure.code, message: failure.message, retryable: failure.retryable }
    }
}

impl From<Message> for MessageData {
    fn from(message: Message) -> Self {
        Self { message: message.into() }
    }
}

impl From<Vec<Message>> for MessagesData {
    fn from(messages: Vec<Message>) -> Self {
        Self { messages: messages.into_iter().map(Into::into).collect() }
    }
}

impl From<Page<Message>> for MessagesData {
    fn from(page: Page<Message>) -> Self {
        Self { messages: page.items.into_iter().map(Into::into).collect() }
    }
}
