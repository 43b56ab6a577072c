//! What a model knows of the older part of a conversation that it is not sent any more.

use chrono::{DateTime, Utc};

use crate::MessageId;

/// A summary. A conversation has one at most for each model, of one kind or the other: the newer takes the older's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The text.
    pub text: String,
    /// The last message that it covers, with all that came before and beside it.
    pub through: MessageId,
    /// Whether it covers only what was said with the model, or everything.
    pub is_own: bool,
    /// When it was made.
    pub at: DateTime<Utc>,
}

/// A summary that was made just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSummary {
    /// The text.
    pub text: String,
    /// Its length in tokens, as its model counts.
    pub tokens: u32,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Who made it (catalogue id).
    pub model: String,
}

/// A summary, and where its last message stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedSummary {
    /// The summary.
    pub summary: Summary,
    /// How deep its last message is.
    pub depth: u32,
    /// Whether that is on the conversation's active branch.
    pub on_branch: bool,
}

impl PlacedSummary {
    /// Whether it says what came before a depth of the active branch, or before its end, in a history of the kind.
    pub fn serves(&self, own_history: bool, before: Option<u32>) -> bool {
        self.on_branch
            && self.summary.is_own == own_history
            && before.is_none_or(|before| self.depth < before)
    }
}
