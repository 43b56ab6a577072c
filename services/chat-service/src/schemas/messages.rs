use chrono::{DateTime, Utc};
use common::domain::message::{
    ContextUse, FinishReason, Message, MessageStatus, NewMessage, PromptUse, ReplyEnd,
    ReplyFailure, Role, Usage,
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

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageResponse {
    id: MessageId,
    conversation_id: ConversationId,
    #[schema(required)]
    parent_id: Option<MessageId>,
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
    assistant_message: MessageResponse,
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
        if size > TEXT_LIMIT && !self.content.has_images() {
            return Err(AppError::too_large(TEXT_LIMIT));
        }
        Ok(())
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

impl SentMessageData {
    /// The user's message, and the reply as it ended.
    pub fn new(
        user_message: Message,
        pending: Message,
        end: &ReplyEnd,
        prompt_stale: bool,
    ) -> Self {
        let reply = Message {
            content: end.content.clone(),
            reasoning: end.reasoning.clone(),
            status: end.status,
            finish_reason: end.finish_reason,
            error: end.error.clone(),
            tokens: Some(end.tokens),
            usage: end.usage.as_ref().map(UsageEntry::summary),
            answered_by: end.answered_by.clone(),
            ..pending
        };
        Self {
            user_message: user_message.into(),
            usage: reply.usage.map(Into::into),
            assistant_message: reply.into(),
            prompt_stale,
        }
    }
}

impl From<SendMessageRequest> for NewMessage {
    fn from(request: SendMessageRequest) -> Self {
        let (content, images) = request.content.into_parts();
        Self {
            content,
            images,
            model: request.model,
            temperature: request.temperature,
            max_tokens: request.max_tokens,
            own_history_only: request.history == Some(History::Model),
        }
    }
}

impl From<Message> for MessageResponse {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            conversation_id: message.conversation,
            parent_id: message.parent,
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

impl From<Page<Message>> for MessagesData {
    fn from(page: Page<Message>) -> Self {
        Self { messages: page.items.into_iter().map(Into::into).collect() }
    }
}
