//! What a user takes away.

use super::attachment::NewAttachment;
use super::audit::AuditEvent;
use super::message::Message;
use super::preferences::Preferences;
use super::project::Project;
use super::prompt::{Prompt, PromptVersion};
use super::session::Session;
use super::token::PersonalToken;
use super::usage::UsageSum;
use super::user::User;
use crate::PromptId;

/// One thing that project-service keeps for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum ProjectRecord {
    Project(Project),
    Prompt(Prompt),
    Version(PromptId, PromptVersion),
}

/// One thing that auth-service keeps for a user.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum AccountRecord {
    Account(User),
    Session(Session),
    Token(PersonalToken),
    Event(AuditEvent),
}

/// One thing that chat-service keeps for a user beside conversations.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatRecord {
    /// What the user wants where requests do not say.
    Preferences(Preferences),
    /// What the answers of a day took.
    Usage(UsageSum),
}

/// A message with the images that are attached to it.
#[derive(Debug, Clone)]
pub struct MessageRecord {
    /// The message.
    pub message: Message,
    /// Its images, in order.
    pub images: Vec<NewAttachment>,
}
