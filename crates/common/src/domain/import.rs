//! Imports: conversations that a person brings along in a file. The file is stored as it comes; a job that outlives the request,
//! and the process that is at it, makes conversations of it, one at a time.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::conversation::Conversation;
use super::export::MessageRecord;
use crate::repositories::StoreError;
use crate::{ImportId, MessageId, UserId};

/// How many bytes a file may have.
pub const MAX_IMPORT_BYTES: usize = 256 * 1024 * 1024;

/// How many files of one person may be on their way at once.
pub const MAX_IMPORTS_AT_ONCE: u64 = 2;

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// The file is still coming. Nobody knows of the import yet.
    Receiving,
    /// The file is stored, and is read, or will be when a process takes it up.
    Running,
    /// All that could be read was stored.
    Complete,
    /// It was given up. What was stored until then stays.
    Failed,
}

/// What became of what stands in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Conversations that were stored.
    pub conversations: u64,
    /// Conversations that could not be read, or have nothing in them.
    pub skipped_conversations: u64,
    /// Messages that were stored.
    pub messages: u64,
    /// Messages that could not be read.
    pub skipped_messages: u64,
    /// Of those that were stored, messages of which something was left out: the end of a text, or an image.
    pub shortened_messages: u64,
}

impl Tally {
    /// What became of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            conversations: self.conversations + other.conversations,
            skipped_conversations: self.skipped_conversations + other.skipped_conversations,
            messages: self.messages + other.messages,
            skipped_messages: self.skipped_messages + other.skipped_messages,
            shortened_messages: self.shortened_messages + other.shortened_messages,
        }
    }
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// Who brings the file.
    pub owner: UserId,
    /// Where it stands.
    pub status: ImportStatus,
    /// How many entries of the file are done with.
    pub position: u64,
    /// What became of them.
    pub tally: Tally,
    /// Why it was given up, for a person.
    pub error: Option<String>,
    /// How often it was taken up.
    pub attempts: u32,
    /// When the file began to come.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A conversation of a file, ready to be stored.
#[derive(Debug, Clone)]
pub struct ImportedConversation {
    /// The conversation.
    pub conversation: Conversation,
    /// Its messages on every branch, each after the one that it follows.
    pub messages: Vec<MessageRecord>,
    /// Those that are chosen among their siblings.
    pub chosen: HashSet<MessageId>,
    /// The end of its active branch.
    pub leaf: Option<MessageId>,
}

/// What can go wrong with an import.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is none of that id, or it is somebody else's.
    #[error("no such import")]
    NotFound,
    /// The file is not one of those that can be read.
    #[error("the file is no JSON")]
    NotJson,
    /// As many are on their way as one person may have.
    #[error("too many imports at once")]
    TooMany,
    /// The request's key was that of another one.
    #[error("the key was used for something else")]
    IdempotencyMismatch,
    /// The import is not ours any more.
    #[error("somebody else has the import")]
    Lost,
    /// The account that it would belong to is gone.
    #[error("the owner is gone")]
    OwnerGone,
    /// The database failed.
    #[error("imports could not be read or written")]
    Store(#[from] StoreError),
}
