//! Why a message cannot be shown, taken or answered.

use std::time::Duration;

use crate::repositories::StoreError;

/// What can go wrong with a message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// There is none of that id, or it is somebody else's; or the conversation is.
    #[error("no such message")]
    NotFound,
    /// Only replies are made anew.
    #[error("the message is no reply")]
    NotAReply,
    /// Only people's own messages are edited.
    #[error("the message is a reply")]
    NotAQuestion,
    /// The send's key was that of another one.
    #[error("the key was used for something else")]
    IdempotencyMismatch,
    /// A send with the same key has begun and has not ended.
    #[error("a send with this key is under way")]
    IdempotencyInProgress,
    /// The model is answering in this conversation already.
    #[error("a reply is being generated")]
    GenerationInProgress,
    /// So many replies are being made for the owner already, in other conversations or by other models.
    #[error("too many replies are being generated")]
    TooManyReplies {
        /// How many may be.
        limit: u32,
    },
    /// The owner's budget for the day is spent.
    #[error("the day's budget is spent")]
    BudgetExceeded {
        /// How long until the next day's begins.
        wait: Duration,
    },
    /// The catalogue has no such model.
    #[error("no such model")]
    UnknownModel {
        /// The id that was asked for.
        model: String,
    },
    /// Nobody has a key for the model's provider.
    #[error("no key for the provider")]
    ApiKeyRequired {
        /// The provider's name.
        provider: String,
    },
    /// The owner's own key is stored, and cannot be opened.
    #[error("the key for the provider cannot be opened")]
    KeyUnreadable {
        /// The provider's name.
        provider: String,
    },
    /// The owner's own key is stored, and cannot be opened just now.
    #[error("the key for the provider cannot be had")]
    KeyUnavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The model does not see the images of the message.
    #[error("the model does not see images")]
    SeesNoImages {
        /// The model's id.
        model: String,
    },
    /// The message alone is more than the model can read.
    #[error("the message does not fit the model's context")]
    ContextTooLong {
        /// The model's window, in tokens.
        limit: u32,
    },
    /// As much is being taken in as can be.
    #[error("the service has too much to do")]
    Busy,
    /// The service is shutting down.
    #[error("the service is draining")]
    Draining,
    /// The project is not there any more.
    #[error("no such project")]
    NoSuchProject,
    /// Another service is needed and does not answer.
    #[error("project-service does not answer")]
    ProjectsUnavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Anything that should not happen.
    #[error("a message's operation failed")]
    Internal,
    /// project-service does not take the person's token any more.
    #[error("the access token is not taken")]
    Unauthorized,
    /// The database failed.
    #[error("messages could not be read or written")]
    Store(#[from] StoreError),
}
