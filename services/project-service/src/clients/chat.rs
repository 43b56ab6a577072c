use async_trait::async_trait;
use common::ProjectId;
use platform::client::{Identity, Sibling};
use reqwest::Method;

use crate::services::Conversations;

/// chat-service.
pub struct ChatService(pub Sibling);

#[async_trait]
impl Conversations for ChatService {
    async fn delete_of_project(
        &self,
        project: ProjectId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let path = format!("/internal/projects/{project}");
        let answer = self.0.call(Method::DELETE, &path, Identity::Service, &[]).await?;
        if answer.status.is_success() {
            Ok(())
        } else {
            Err(format!("chat-service answered {}", answer.status).into())
        }
    }
}
