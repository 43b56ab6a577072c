//! A message of a conversation: who says it, what, and where it stands in its life.

mod error;
mod lease;
mod reply;
mod turn;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use error::MessageError;
pub use lease::Lease;
pub use reply::{ContextUse, FinishReason, PromptUse, ReplyEnd, ReplyFailure, Usage};
pub use turn::{NewMessage, NewQuestion, NewReply, NewTurn, Question, ReplyOptions};

use super::attachment::Attachment;
use crate::{ConversationId, MessageId, TurnId};

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum Role {
    System,
    User,
    Assistant,
}

/// Where a message stands in its life. A user's message is `Complete` from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageStatus {
    /// A reply that has been asked for and has no text yet.
    Pending,
    /// A reply that is coming.
    Streaming,
    /// Whole.
    Complete,
    /// Stopped by its owner; what had come is kept.
    Cancelled,
    /// The text stopped and nobody named an error: a cut connection, a crash, a drain.
    Interrupted,
    /// The provider named an error, or nothing visible came.
    Failed,
}

impl MessageStatus {
    /// Whether a reply may still grow.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Pending | Self::Streaming)
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The conversation it is part of.
    pub conversation: ConversationId,
    /// What it follows.
    pub parent: Option<MessageId>,
    /// The first message that was said in its place, be it itself (see [`branch`](super::branch)).
    pub place: MessageId,
    /// How many messages there are from the beginning to it.
    pub depth: u32,
    /// Whether it is on the conversation's active branch.
    pub on_branch: bool,
    /// How many messages there are in its place, with it.
    pub siblings: u32,
    /// The exchange it is part of.
    pub turn: TurnId,
    /// The model that was asked, or that answers (catalogue id).
    pub model: String,
    /// Its place in the conversation, from 1, without gaps.
    pub seq: i64,
    /// Who says it.
    pub role: Role,
    /// The text.
    pub content: String,
    /// What the model thought, where it shows that.
    pub reasoning: String,
    /// The images that are shown with it, in their order.
    pub attachments: Vec<Attachment>,
    /// Where it stands.
    pub status: MessageStatus,
    /// Why the model stopped.
    pub finish_reason: Option<FinishReason>,
    /// Why it is not whole.
    pub error: Option<ReplyFailure>,
    /// Its length in tokens: the provider's figure, else an estimate.
    pub tokens: Option<u32>,
    /// The temperature that was asked for.
    pub temperature: Option<f64>,
    /// What it took.
    pub usage: Option<Usage>,
    /// The model that answered, where it is not the one that was asked.
    pub answered_by: Option<String>,
    /// What of the conversation the model saw.
    pub context: Option<ContextUse>,
    /// The project's prompts that the model saw.
    pub prompt_versions: Vec<PromptUse>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A message as a model is told of it later.
#[derive(Debug, Clone, PartialEq)]
pub struct PastMessage {
    /// Its id.
    pub id: MessageId,
    /// How many messages there are from the beginning to it.
    pub depth: u32,
    /// Who says it.
    pub role: Role,
    /// Where it stands.
    pub status: MessageStatus,
    /// The text.
    pub content: String,
    /// The images that are shown with it, in their order.
    pub attachments: Vec<Attachment>,
}
