//! What chat-service needs of project-service: a project's prompts, and to name it, on behalf of its owner.

use async_trait::async_trait;
use common::domain::message::MessageError;
use common::domain::prompt::Prompt;
use common::{ProjectId, UserId};
use secrecy::SecretString;

/// For whom project-service is asked.
#[derive(Debug, Clone)]
pub struct OnBehalf {
    /// Who.
    pub user: UserId,
    /// The person's access token, for a service that checks it itself.
    pub token: SecretString,
    /// The request that it is part of.
    pub request_id: String,
}

/// A project's active prompts, in the order in which models are told them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectPrompts {
    /// The prompts.
    pub prompts: Vec<ProjectPrompt>,
    /// Whether they are a kept copy because project-service did not answer.
    pub is_stale: bool,
}

/// What chat-service needs of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectPrompt {
    /// The prompt.
    pub id: common::PromptId,
    /// The version of the text.
    pub version: u32,
    /// The text.
    pub content: String,
}

/// Why there are no prompts, or no other name.
#[derive(Debug, thiserror::Error)]
pub enum ProjectAccessError {
    /// There is no such project, or it is somebody else's.
    #[error("no such project")]
    NotFound,
    /// project-service does not take the person's token: it has expired meanwhile, or was revoked.
    #[error("the access token is not taken")]
    Unauthorized,
    /// project-service does not answer, and no copy was kept.
    #[error("project-service does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// project-service, over HTTP or in the same process.
#[async_trait]
pub trait ProjectAccess: Send + Sync {
    /// The active prompts of a project of the person's, all of them.
    ///
    /// # Errors
    /// See [`ProjectAccessError`].
    async fn prompts(
        &self,
        whom: &OnBehalf,
        project: ProjectId,
    ) -> Result<ProjectPrompts, ProjectAccessError>;

    /// Gives a project of the person's another name. Safe to repeat.
    ///
    /// # Errors
    /// See [`ProjectAccessError`].
    async fn rename(
        &self,
        whom: &OnBehalf,
        project: ProjectId,
        name: &str,
    ) -> Result<(), ProjectAccessError>;
}

impl From<ProjectAccessError> for MessageError {
    fn from(error: ProjectAccessError) -> Self {
        match error {
            ProjectAccessError::NotFound => Self::NoSuchProject,
            ProjectAccessError::Unauthorized => Self::Unauthorized,
            ProjectAccessError::Unavailable(cause) => Self::ProjectsUnavailable(cause),
        }
    }
}

impl From<Prompt> for ProjectPrompt {
    fn from(prompt: Prompt) -> Self {
        Self { id: prompt.id, version: prompt.version, content: prompt.content }
    }
}
