//! A message of a conversation, and the life of a reply.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::attachment::{Attachment, Image, NewAttachment};
use super::errand::Errand;
use super::idempotency::RequestKey;
use super::usage::{UsageEntry, usd};
use crate::repositories::StoreError;
use crate::{ConversationId, ErrorCode, MessageId, PromptId, TurnId, UserId};

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

/// A message to be sent.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The text; empty only where there is an image.
    pub content: String,
    /// The images that are shown with it.
    pub images: Vec<Image>,
    /// Who is to answer (catalogue ids); the conversation's model if there is none.
    pub models: Vec<String>,
    /// How.
    pub options: ReplyOptions,
}

/// How a message is to be answered.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ReplyOptions {
    /// How freely to answer; the owner's default if `None`.
    pub temperature: Option<f64>,
    /// At most so many tokens of answer.
    pub max_tokens: Option<u32>,
    /// Whether a model sees only what was said with it, or everything; if `None` everything, or as before.
    pub own_history: Option<bool>,
}

/// A user's message and the replies that are to come, to be stored together.
#[derive(Debug, Clone)]
pub struct NewTurn {
    /// The conversation.
    pub conversation: ConversationId,
    /// The exchange.
    pub turn: TurnId,
    /// What is answered.
    pub question: Question,
    /// The replies, each by another model.
    pub replies: Vec<NewReply>,
    /// What its client calls it, so that it is stored once only.
    pub key: Option<RequestKey>,
    /// What to call the conversation if it has no title yet.
    pub title: String,
    /// Who makes the reply.
    pub lease: Lease,
    /// When it was said.
    pub at: DateTime<Utc>,
}

impl NewTurn {
    /// Whether it takes the place of something, and so begins another branch.
    pub fn is_a_branch(&self) -> bool {
        match &self.question {
            Question::New(question) => question.instead_of.is_some(),
            Question::Again { .. } => true,
        }
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum Question {
    /// A message that is said now.
    New(NewQuestion),
    /// A message that was said before, and is answered anew.
    Again {
        /// The message.
        message: MessageId,
        /// The reply whose place the new one takes.
        instead_of: MessageId,
    },
}

/// A user's message to be stored.
#[derive(Debug, Clone)]
pub struct NewQuestion {
    /// Its id.
    pub id: MessageId,
    /// Its text.
    pub content: String,
    /// The images that are shown with it.
    pub attachments: Vec<NewAttachment>,
    /// Its length in tokens with its images, estimated.
    pub tokens: u32,
    /// The message whose place it takes; it follows the active branch if `None`.
    pub instead_of: Option<MessageId>,
}

/// A reply to be made.
#[derive(Debug, Clone)]
pub struct NewReply {
    /// Its id.
    pub id: MessageId,
    /// The model that is to answer.
    pub model: String,
    /// The temperature that was asked for.
    pub temperature: Option<f64>,
    /// What of the conversation the model will see.
    pub context: ContextUse,
    /// The project's prompts that the model will see.
    pub prompt_versions: Vec<PromptUse>,
}

/// A claim on a running reply, or on other work: while it lasts, nobody else may touch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The process that is at it.
    pub holder: uuid::Uuid,
    /// For how long from now (the database's clock) unless it is renewed.
    pub seconds: u32,
}

impl Lease {
    /// For how long it is taken.
    pub fn length(self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
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

/// What can go wrong with a message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// There is none of that id, or it is somebody else's; or the conversation is.
    #[error("no such message")]
    NotFound,
    /// Only replies are made anew.
    #[error("the message is no reply")]
    NotAReply,
    /// Only people's own messages are edited.
    #[error("the message is a reply")]
    NotAQuestion,
    /// The send's key was that of another one.
    #[error("the key was used for something else")]
    IdempotencyMismatch,
    /// A send with the same key has begun and has not ended.
    #[error("a send with this key is under way")]
    IdempotencyInProgress,
    /// The model is answering in this conversation already.
    #[error("a reply is being generated")]
    GenerationInProgress,
    /// So many replies are being made for the owner already, in other conversations or by other models.
    #[error("too many replies are being generated")]
    TooManyReplies {
        /// How many may be.
        limit: u32,
    },
    /// The owner's budget for the day is spent.
    #[error("the day's budget is spent")]
    BudgetExceeded {
        /// How long until the next day's begins.
        wait: Duration,
    },
    /// The catalogue has no such model.
    #[error("no such model")]
    UnknownModel {
        /// The id that was asked for.
        model: String,
    },
    /// Nobody has a key for the model's provider.
    #[error("no key for the provider")]
    ApiKeyRequired {
        /// The provider's name.
        provider: String,
    },
    /// The owner's own key is stored, and cannot be opened.
    #[error("the key for the provider cannot be opened")]
    KeyUnreadable {
        /// The provider's name.
        provider: String,
    },
    /// The owner's own key is stored, and cannot be opened just now.
    #[error("the key for the provider cannot be had")]
    KeyUnavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The model does not see the images of the message.
    #[error("the model does not see images")]
    SeesNoImages {
        /// The model's id.
        model: String,
    },
    /// The message alone is more than the model can read.
    #[error("the message does not fit the model's context")]
    ContextTooLong {
        /// The model's window, in tokens.
        limit: u32,
    },
    /// As many sends are being taken in as can be.
    #[error("the service has too much to do")]
    Busy,
    /// The service is shutting down.
    #[error("the service is draining")]
    Draining,
    /// The project is not there any more.
    #[error("no such project")]
    NoSuchProject,
    /// Another service is needed and does not answer.
    #[error("project-service does not answer")]
    ProjectsUnavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Anything that should not happen.
    #[error("a message's operation failed")]
    Internal,
    /// project-service does not take the person's token any more.
    #[error("the access token is not taken")]
    Unauthorized,
    /// The database failed.
    #[error("messages could not be read or written")]
    Store(#[from] StoreError),
}
