//! An answer that is passed on to a program, which keeps the conversation itself: nothing is stored of it but what it took.

use super::message::MessageError;

/// What can go wrong with a completion.
#[derive(Debug, thiserror::Error)]
pub enum CompletionError {
    /// Images are in the messages, and the model does not see.
    #[error("the model sees no images")]
    SeesNoImages,
    /// Tools are offered, or were called, and the model calls none.
    #[error("the model calls no tools")]
    CallsNoTools,
    /// What can go wrong with a message as well.
    #[error(transparent)]
    Message(#[from] MessageError),
}
