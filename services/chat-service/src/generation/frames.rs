//! Events as they stand on the wire: name, id, one line of JSON, a blank line (WHATWG HTML §9.2). JSON escapes every line
//! break, so that no token can forge an event.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use common::domain::message::{FinishReason, MessageStatus, ReplyEnd, ReplyFailure, Usage};
use common::{ErrorCode, MessageId};
use serde::Serialize;

use super::EventId;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageStart<'a> {
    message_id: MessageId,
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
struct MessageComplete {
    message_id: MessageId,
    total_tokens: u32,
    usage: Option<UsageFrame>,
    finish_reason: FinishReason,
    timestamp: DateTime<Utc>,
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

/// What the first event says.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    pub(super) user_message: MessageId,
    pub(super) model: String,
    pub(super) prompt_stale: bool,
    pub(super) at: DateTime<Utc>,
}

pub(super) fn message_start(message: MessageId, opening: &Opening) -> Bytes {
    let start = MessageStart {
        message_id: message,
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

/// The last events of a reply: how it ended, and that nothing follows.
pub(super) fn ending(id: EventId, end: &ReplyEnd) -> Bytes {
    let last = match (&end.error, end.status) {
        (Some(failure), MessageStatus::Failed | MessageStatus::Interrupted) => {
            frame("error", id, &Failure { message_id: id.message, failure })
        }
        _ => {
            let complete = MessageComplete {
                message_id: id.message,
                total_tokens: end.tokens,
                usage: end.usage.map(UsageFrame::from),
                finish_reason: end.finish_reason.unwrap_or(FinishReason::Stop),
                timestamp: end.at,
            };
            frame("message_complete", id, &complete)
        }
    };
    [last, frame("close", id, &serde_json::Map::new())].concat().into()
}

/// The last events for somebody whose session was revoked. Without an id: what was heard is still what was heard.
pub(super) fn session_revoked(message: MessageId) -> Bytes {
    let failure = ReplyFailure::new(
        ErrorCode::SessionRevoked,
        "The session was ended. Sign in again; the reply goes on, and is kept.",
        false,
    );
    let error = frame("error", None, &Failure { message_id: message, failure: &failure });
    [error, frame("close", None, &serde_json::Map::new())].concat().into()
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

fn frame(event: &str, id: impl Into<Option<EventId>>, data: &impl Serialize) -> Bytes {
    let id = id.into().map(|id| format!("id: {id}\n")).unwrap_or_default();
    let mut bytes = format!("event: {event}\n{id}data: ").into_bytes();
    // Writing our own plain structures into memory cannot fail.
    let _always_ok = serde_json::to_writer(&mut bytes, data);
    bytes.extend_from_slice(b"\n\n");
    bytes.into()
}
