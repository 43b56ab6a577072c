//! Shares: a conversation as it was at one moment, for everybody who knows a token.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::idempotency::{CreationError, CreationKey};
use super::message::Role;
use crate::repositories::StoreError;
use crate::{ConversationId, ShareId};

/// How many shares a conversation may have.
pub const MAX_SHARES: u64 = 50;

/// How many bytes of text may be shared.
pub const MAX_SHARED_BYTES: u64 = 8 * 1024 * 1024;

/// A share, without what it shows. Its token is known only to whom it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Its id.
    pub id: ShareId,
    /// The conversation that is shown.
    pub conversation: ConversationId,
    /// What the conversation was called.
    pub title: Option<String>,
    /// How many messages are shown.
    pub message_count: u32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A share to be made.
#[derive(Debug, Clone)]
pub struct NewShare {
    /// Its id.
    pub id: ShareId,
    /// The conversation to be shown.
    pub conversation: ConversationId,
    /// SHA-256 of its token.
    pub token_hash: Vec<u8>,
    /// What its client calls the request, so that it is made once only.
    pub key: Option<CreationKey>,
    /// When it is made.
    pub at: DateTime<Utc>,
}

/// What a share shows: the active branch as it was. Nothing in it says whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What the conversation was called.
    pub title: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// What was said, in order.
    pub messages: Vec<SharedMessage>,
}

/// A message of a snapshot. This is also the form in which it is stored: fields are only added, with a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedMessage {
    /// Who said it.
    pub role: Role,
    /// The model that said it or was asked.
    pub model_id: String,
    /// What was said.
    pub content: String,
    /// How many images were attached, which are not shown.
    pub images_left_out: u32,
    /// When it was said.
    pub created_at: DateTime<Utc>,
}

/// What can go wrong with a share.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// There is no such conversation or share, or it is somebody else's.
    #[error("no such conversation or share")]
    NotFound,
    /// Nothing was said yet.
    #[error("nothing to share")]
    Empty,
    /// The conversation has more text than [`MAX_SHARED_BYTES`].
    #[error("too long to be shared")]
    TooLong,
    /// The conversation has [`MAX_SHARES`] already.
    #[error("too many shares")]
    TooMany,
    /// Something else was asked or made with the request's key.
    #[error(transparent)]
    Creation(#[from] CreationError),
    /// The database failed.
    #[error("shares could not be read or written")]
    Store(#[from] StoreError),
}
