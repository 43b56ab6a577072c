use async_trait::async_trait;
use uuid::Uuid;

use super::StoreError;
use crate::domain::message::{Lease, Message, NewTurn, ReplyEnd};
use crate::{MessageId, UserId};

/// Why a turn could not begin.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    /// There is no such conversation, or no such message in it; or it is somebody else's.
    #[error("no such conversation or message")]
    NotFound,
    /// The owner has sent with this key before.
    #[error("the key was used before")]
    KeyTaken,
    /// The model is answering in this conversation already.
    #[error("a reply is being generated")]
    GenerationInProgress,
    /// So many replies of the owner's are being made already.
    #[error("too many replies are being generated")]
    TooManyReplies,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a checkpoint found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpoint {
    /// Stored; go on.
    Stored,
    /// Stored, and the owner wants the reply stopped.
    CancelRequested,
    /// The lease is somebody else's: stop, and write nothing more.
    LeaseLost,
    /// The reply is gone, and its conversation with it.
    Gone,
}

/// The life of a reply in a database. Leases are kept by the database's clock, which all replicas share.
#[async_trait]
pub trait ReplyRepository: Send + Sync {
    /// Stores a user's message with what is attached to it and the pending replies, in one transaction, and gives all of them
    /// back. They are on the active branch then. So is the turn's key stored, where it has one.
    ///
    /// A running reply of the same conversation and model whose lease has run out gives way: it becomes `interrupted`. With these,
    /// at most `slots` replies of the owner's run at once; those whose lease has run out do not count.
    ///
    /// # Errors
    /// `NotFound`, `KeyTaken` before any other, `TooManyReplies`, or `GenerationInProgress` if a running reply's lease holds.
    async fn begin_turn(
        &self,
        owner: UserId,
        turn: &NewTurn,
        slots: u32,
    ) -> Result<(Message, Vec<Message>), TurnError>;
    /// Stores what has come of a reply so far, and renews its lease.
    async fn checkpoint(
        &self,
        reply: MessageId,
        lease: Lease,
        content: &str,
        reasoning: &str,
    ) -> Result<Checkpoint, StoreError>;
    /// Renews the leases of all running replies of a maker's, together, but for those that are just being written; which those
    /// were.
    async fn renew(&self, lease: Lease) -> Result<Vec<MessageId>, StoreError>;
    /// Stores the ends of replies and what they cost, all in one transaction; which of them were still held by their maker, or
    /// stood so already. So it may be repeated where the answer to it was lost.
    async fn finish(&self, ends: &[ReplyEnd]) -> Result<Vec<MessageId>, StoreError>;
    /// Notes that the owner wants a reply stopped, and calls its maker; the reply as it then stands.
    async fn request_cancel(
        &self,
        owner: UserId,
        reply: MessageId,
    ) -> Result<Option<Message>, StoreError>;
    /// Waits until some owner has noted that. A call can be missed: look now and then anyway.
    async fn cancel_called(&self);
    /// The running replies of a maker whose owners want them stopped.
    async fn cancelled(&self, holder: Uuid) -> Result<Vec<MessageId>, StoreError>;
    /// Makes the replies whose lease has run out `interrupted`, keeping their text; how many those were. Those in `alive`
    /// are left: their maker knows better.
    async fn reap(&self, alive: &[MessageId]) -> Result<u64, StoreError>;
}
