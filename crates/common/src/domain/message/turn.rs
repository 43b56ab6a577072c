//! What is to be said and answered: as it is asked for, and as it is stored.

use chrono::{DateTime, Utc};

use super::super::attachment::{Image, NewAttachment};
use super::super::idempotency::RequestKey;
use super::{ContextUse, Lease, PromptUse};
use crate::{ConversationId, MessageId, TurnId};

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
