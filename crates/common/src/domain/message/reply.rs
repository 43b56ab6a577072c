//! What is known of a reply beside its text: what it was made with, what it took, and how it ended.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::super::errand::Errand;
use super::super::usage::{UsageEntry, usd};
use super::MessageStatus;
use crate::{ConversationId, ErrorCode, MessageId, PromptId, UserId};

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum FinishReason {
    Stop,
    Length,
    ContentFilter,
    ToolCalls,
    Cancelled,
    Error,
}

/// Why a reply is not whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyFailure {
    /// A code of the API, as text.
    pub code: String,
    /// For a person.
    pub message: String,
    /// Whether asking again may help.
    pub retryable: bool,
    /// How many seconds to wait before that, where somebody said.
    #[serde(rename = "retryAfter", default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl ReplyFailure {
    /// A failure with a code of the API.
    pub fn new(code: ErrorCode, message: impl Into<String>, retryable: bool) -> Self {
        let (code, message) = (code.as_str().to_owned(), message.into());
        Self { code, message, retryable, retry_after: None }
    }
}

/// What a reply took, in tokens and money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Tokens that the model was sent.
    pub prompt_tokens: u32,
    /// Tokens that it answered with.
    pub completion_tokens: u32,
    /// What that cost, in millionths of a US dollar; `None` where no price is known.
    pub cost_micro_usd: Option<i64>,
}

impl Usage {
    /// What both took together; the cost of one that is unknown makes the sum's unknown.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            completion_tokens: self.completion_tokens.saturating_add(other.completion_tokens),
            cost_micro_usd: self.cost_micro_usd.zip(other.cost_micro_usd).map(|(a, b)| a + b),
        }
    }

    /// All tokens.
    pub fn total_tokens(&self) -> u32 {
        self.prompt_tokens.saturating_add(self.completion_tokens)
    }

    /// The cost in US dollars, exact to six decimals.
    pub fn cost_usd(&self) -> Option<f64> {
        self.cost_micro_usd.map(usd)
    }
}

/// A version of a prompt that a reply was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PromptUse {
    /// The prompt.
    pub prompt_id: PromptId,
    /// The version that the model saw.
    pub version: u32,
}

/// What of a conversation a reply was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContextUse {
    /// How many messages the model was sent, the new one included and the system text not.
    pub sent: u32,
    /// How many tokens that was, the system text included, as we count.
    pub tokens: u32,
    /// The oldest that it was sent, where older ones were left out for want of room.
    pub cut_before: Option<MessageId>,
    /// Whether it was sent only what was said with it.
    #[serde(default)]
    pub own_history: bool,
    /// The last message that it was sent in a summary, with those before it, where there is one.
    #[serde(default)]
    pub summarized_through: Option<MessageId>,
}

/// A reply's end.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplyEnd {
    /// The reply.
    pub reply: MessageId,
    /// Whose it is.
    pub owner: UserId,
    /// The conversation it is part of.
    pub conversation: ConversationId,
    /// Who made it.
    pub holder: uuid::Uuid,
    /// All of its text.
    pub content: String,
    /// All of its reasoning.
    pub reasoning: String,
    /// How it ended; never running.
    pub status: MessageStatus,
    /// Why the model stopped.
    pub finish_reason: Option<FinishReason>,
    /// Why it is not whole.
    pub error: Option<ReplyFailure>,
    /// Its length in tokens.
    pub tokens: u32,
    /// What it took.
    pub usage: Option<UsageEntry>,
    /// The model that answered, where it is not the one that was asked.
    pub answered_by: Option<String>,
    /// What is to be asked in the background now.
    pub errands: Vec<Errand>,
    /// When it ended.
    pub at: DateTime<Utc>,
}
