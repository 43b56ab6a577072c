//! Messages as they are shown, one or many.

mod queries;
mod requests;
mod sent;

use chrono::{DateTime, Utc};
use common::domain::message::{
    ContextUse, FinishReason, Message, MessageStatus, PromptUse, ReplyFailure, Role, Usage,
};
use common::{ConversationId, MessageId, Page, TurnId};
use serde::Serialize;
use utoipa::ToSchema;

pub use queries::{ListMessagesQuery, ListModelMessagesQuery};
pub use requests::{
    EditMessageRequest, History, RegenerateMessageRequest, SendMessageRequest, check_size,
};
pub use sent::SentMessageData;

use super::attachments::AttachmentResponse;

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
