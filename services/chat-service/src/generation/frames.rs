//! What the events of a reply say.

use std::fmt::Display;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use common::domain::message::{
    FinishReason, Message, MessageStatus, ReplyEnd, ReplyFailure, Usage,
};
use common::domain::usage::UsageEntry;
use common::{ConversationId, ErrorCode, MessageId};
use platform::http::event;
use serde::Serialize;

use super::EventId;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageStart<'a> {
    message_id: MessageId,
    conversation_id: ConversationId,
    user_message_id: MessageId,
    model_id: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    prompt_stale: bool,
    timestamp: DateTime<Utc>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Token<'a> {
    token: &'a str,
    message_id: MessageId,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageComplete<'a> {
    message_id: MessageId,
    total_tokens: u32,
    usage: Option<UsageFrame>,
    finish_reason: FinishReason,
    /// Where another model stood in.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_by: Option<&'a str>,
    timestamp: DateTime<Utc>,
}

/// What is being done before the first token.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Progress {
    Loading,
    Retrying,
    FallingBack,
    Trimming,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    message_id: MessageId,
    status: Progress,
    detail: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UsageFrame {
    prompt_tokens: u32,
    completion_tokens: u32,
    total_tokens: u32,
    cost_usd: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure<'a> {
    message_id: MessageId,
    #[serde(flatten)]
    failure: &'a ReplyFailure,
}

/// What the last event but one says.
pub(super) struct Ending<'a> {
    pub(super) status: MessageStatus,
    pub(super) finish_reason: Option<FinishReason>,
    pub(super) error: Option<&'a ReplyFailure>,
    pub(super) tokens: u32,
    pub(super) usage: Option<Usage>,
    pub(super) answered_by: Option<&'a str>,
    pub(super) at: DateTime<Utc>,
}

impl<'a> From<&'a ReplyEnd> for Ending<'a> {
    fn from(end: &'a ReplyEnd) -> Self {
        Self {
            status: end.status,
            finish_reason: end.finish_reason,
            error: end.error.as_ref(),
            tokens: end.tokens,
            usage: end.usage.as_ref().map(UsageEntry::summary),
            answered_by: end.answered_by.as_deref(),
            at: end.at,
        }
    }
}

impl<'a> From<&'a Message> for Ending<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            status: message.status,
            finish_reason: message.finish_reason,
            error: message.error.as_ref(),
            tokens: message.tokens.unwrap_or_default(),
            usage: message.usage,
            answered_by: message.answered_by.as_deref(),
            at: message.created_at,
        }
    }
}

/// What the first event says.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    pub(super) conversation: ConversationId,
    pub(super) user_message: MessageId,
    pub(super) model: String,
    pub(super) prompt_stale: bool,
    pub(super) at: DateTime<Utc>,
}

pub(super) fn message_start(message: MessageId, opening: &Opening) -> Bytes {
    let start = MessageStart {
        message_id: message,
        conversation_id: opening.conversation,
        user_message_id: opening.user_message,
        model_id: &opening.model,
        prompt_stale: opening.prompt_stale,
        timestamp: opening.at,
    };
    frame("message_start", EventId { message, text: 0, reasoning: 0 }, &start)
}

/// More text; `id` counts it.
pub(super) fn token(id: EventId, text: &str) -> Bytes {
    frame("token", id, &Token { token: text, message_id: id.message })
}

/// More reasoning; `id` counts it.
pub(super) fn reasoning(id: EventId, text: &str) -> Bytes {
    frame("reasoning", id, &Token { token: text, message_id: id.message })
}

/// What is being done before the first token.
pub(super) fn status(message: MessageId, status: Progress, detail: &str) -> Bytes {
    let id = EventId { message, text: 0, reasoning: 0 };
    frame("status", id, &Status { message_id: message, status, detail })
}

/// The last events of a reply: how it ended, and that nothing follows.
pub(super) fn ending(id: EventId, end: &Ending<'_>) -> Bytes {
    [self::end(id, end), close(Some(id))].concat().into()
}

/// How a reply ended.
pub(super) fn end(id: EventId, end: &Ending<'_>) -> Bytes {
    match (end.error, end.status) {
        (Some(failure), MessageStatus::Failed | MessageStatus::Interrupted) => {
            frame("error", id, &Failure { message_id: id.message, failure })
        }
        _ => {
            let complete = MessageComplete {
                message_id: id.message,
                total_tokens: end.tokens,
                usage: end.usage.map(UsageFrame::from),
                finish_reason: end.finish_reason.unwrap_or(FinishReason::Stop),
                answered_by: end.answered_by,
                timestamp: end.at,
            };
            frame("message_complete", id, &complete)
        }
    }
}

/// That nothing follows.
pub(super) fn close(id: Option<EventId>) -> Bytes {
    frame("close", id, &serde_json::Map::new())
}

/// The last events for somebody whose session was revoked. Without an id: what was heard is still what was heard.
pub fn session_revoked(message: MessageId) -> Bytes {
    let failure = ReplyFailure::new(
        ErrorCode::SessionRevoked,
        "The session was ended. Sign in again; the reply goes on, and is kept.",
        false,
    );
    let error = frame("error", None, &Failure { message_id: message, failure: &failure });
    [error, close(None)].concat().into()
}

impl From<Usage> for UsageFrame {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.total_tokens(),
            cost_usd: usage.cost_usd(),
        }
    }
}

fn frame(name: &str, id: impl Into<Option<EventId>>, data: &impl Serialize) -> Bytes {
    let id = id.into();
    event(name, id.as_ref().map(|id| id as &dyn Display), data)
}
