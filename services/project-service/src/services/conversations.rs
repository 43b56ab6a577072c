//! What project-service needs of chat-service: that a deleted project's conversations go too.

use async_trait::async_trait;
use common::ProjectId;

/// chat-service, over HTTP or in the same process.
#[async_trait]
pub trait Conversations: Send + Sync {
    /// Deletes a project's conversations. Safe to repeat.
    async fn delete_of_project(
        &self,
        project: ProjectId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}
