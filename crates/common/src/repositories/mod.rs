//! What the services ask of their databases.
//!
//! Three rules hold for every trait here. The owner comes first: there is no way to ask for a row without saying
//! whose. Absence is an `Option`: the caller decides what it means. One method is one transaction: what must be
//! atomic is one method, so that no transaction outlives it or is held across a network call.

mod api_keys;
mod attachments;
mod audit;
mod conversations;
mod creations;
mod data_keys;
mod errands;
mod idempotency;
mod imports;
mod load_jobs;
mod messages;
mod preferences;
mod projects;
mod prompts;
mod replies;
mod revocations;
mod second_factors;
mod sessions;
mod shares;
mod subjects;
mod summaries;
mod tokens;
mod usage;
mod users;

pub use api_keys::ApiKeyRepository;
pub use attachments::AttachmentRepository;
pub use audit::AuditRepository;
pub use conversations::{ConversationFilter, ConversationRepository, ConversationSort};
pub use creations::CreationRepository;
pub use data_keys::DataKeyRepository;
pub use errands::ErrandRepository;
pub use idempotency::IdempotencyRepository;
pub use imports::{ImportRepository, UploadRepository};
pub use load_jobs::LoadJobRepository;
pub use messages::{MessageFilter, MessageRepository};
pub use preferences::PreferenceRepository;
pub use projects::{ProjectFilter, ProjectRepository, ProjectSort};
pub use prompts::{PromptFilter, PromptRepository, PromptSort};
pub use replies::{Checkpoint, ReplyRepository, TurnError};
pub use revocations::RevocationRepository;
pub use second_factors::SecondFactorRepository;
pub use sessions::{SessionRepository, SessionStoreError};
pub use shares::ShareRepository;
pub use subjects::SubjectRepository;
pub use summaries::SummaryRepository;
pub use tokens::TokenRepository;
pub use usage::UsageRepository;
pub use users::{UserRepository, UserStoreError};

/// The database failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, is full, or is busy for too long: trying again later may help.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It answered with something that should not be.
    #[error("the database failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
