//! Errands: what a model is asked in the background, on nobody's request. An errand is noted with the end of a reply and outlives
//! the process; whoever takes it up finds out anew what is to be done, so that it does no harm to do it twice.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ConversationId, ErrandId, UserId};

/// What is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrandKind {
    /// A summary of what was said.
    Summary,
    /// A summary of what was said with the model alone.
    OwnSummary,
    /// A title.
    Title,
}

impl ErrandKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Summary, Self::OwnSummary, Self::Title];
}

/// An errand. A conversation has one of each kind and model at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// Its id.
    pub id: ErrandId,
    /// Whose conversation it is about.
    pub owner: UserId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The model that is to be asked (catalogue id).
    pub model: String,
    /// What is to be made.
    pub kind: ErrandKind,
    /// How often it was taken up.
    pub attempts: u32,
    /// When it was noted.
    pub created_at: DateTime<Utc>,
}
