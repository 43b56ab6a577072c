//! What the services share in **meaning**: ids, the clock, domain models, repository traits, access
//! tokens, error codes, cursors.
//!
//! What belongs here says what OmniChat *is* and would still be true over another web framework and
//! another database. What does not: servers, SQL, settings, logging (those are `platform`), and anything
//! that only one service knows (that is the service's own).
#![warn(missing_docs)]

pub mod auth;
mod clock;
mod cursor;
pub mod domain;
mod entropy;
mod error_code;
mod ids;
mod page;
pub mod repositories;

pub use clock::{Clock, ManualClock, SystemClock};
pub use cursor::{MalformedCursor, Position};
pub use entropy::{Entropy, SystemEntropy};
pub use error_code::ErrorCode;
pub use ids::{
    ApiKeyId, AttachmentId, CompletionId, ConversationId, DataKeyId, ErrandId, EventId, Ids,
    ImportId, LoadJobId, MessageId, ProjectId, PromptId, SessionId, ShareId, TokenId, TurnId,
    UserId,
};
pub use page::{Direction, Page, PageRequest};
