//! What a user takes away.

use super::attachment::NewAttachment;
use super::message::Message;
use super::project::Project;
use super::prompt::{Prompt, PromptVersion};
use crate::PromptId;

/// One thing that project-service keeps for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum ProjectRecord {
    Project(Project),
    Prompt(Prompt),
    Version(PromptId, PromptVersion),
}

/// A message with the images that are attached to it.
#[derive(Debug, Clone)]
pub struct MessageRecord {
    /// The message.
    pub message: Message,
    /// Its images, in order.
    pub images: Vec<NewAttachment>,
}
