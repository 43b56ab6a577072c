//! What a turn begins with.

use std::collections::HashMap;

use super::summary::PlacedSummary;
use crate::{ConversationId, ProjectId, UserId};

/// What there is to know of a conversation before a model answers in it, beside what was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The conversation.
    pub conversation: ConversationId,
    /// Whose it is.
    pub owner: UserId,
    /// The project whose prompts go in front of it.
    pub project: Option<ProjectId>,
    /// What it is called.
    pub title: Option<String>,
    /// The catalogue id of the model that answers unless a send names another.
    pub model: String,
    /// What the model is told before anything else, after the project's prompts.
    pub system_prompt: Option<String>,
    /// How freely its owner wants to be answered, unless a send says so.
    pub temperature: Option<f64>,
    /// What each of the models that were asked about knows of it in short, if that is anything.
    pub summaries: HashMap<String, PlacedSummary>,
}
