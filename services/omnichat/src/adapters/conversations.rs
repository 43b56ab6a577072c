use std::sync::OnceLock;

use actix_web::web::Data;
use async_trait::async_trait;
use chat_service::ChatState;
use common::ProjectId;
use project_service::services::Conversations;

/// chat-service in the same process, for project-service. Each needs the other, so that this one is connected once both
/// are there; the outbox tries again until then.
#[derive(Default)]
pub struct InProcessConversations(OnceLock<Data<ChatState>>);

impl InProcessConversations {
    /// Connects the chat-service with this state; the first one counts.
    pub fn connect(&self, state: Data<ChatState>) {
        self.0.get_or_init(|| state);
    }
}

#[async_trait]
impl Conversations for InProcessConversations {
    async fn delete_of_project(
        &self,
        project: ProjectId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let chat = self.0.get().ok_or("chat-service is not there yet")?;
        Ok(chat.conversations.delete_of_project(project).await?)
    }
}
