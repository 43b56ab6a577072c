use actix_web::web::Data;
use async_trait::async_trait;
use auth_service::services::{AccountData, Lines};
use chat_service::ChatState;
use common::UserId;
use futures_util::stream::{StreamExt, TryStreamExt};
use project_service::ProjectState;

/// What project-service in the same process has of accounts, for auth-service.
pub struct InProcessProjectData(pub Data<ProjectState>);

/// What chat-service in the same process has of them.
pub struct InProcessChatData(pub Data<ChatState>);

#[async_trait]
impl AccountData for InProcessProjectData {
    async fn delete_of_user(
        &self,
        user: UserId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0.projects.delete_all(user).await.map(drop)?)
    }

    async fn export_of_user(
        &self,
        user: UserId,
    ) -> Result<Lines, Box<dyn std::error::Error + Send + Sync>> {
        let lines = project_service::routes::export_lines(&self.0, user);
        Ok(lines.map_err(Into::into).boxed())
    }
}

#[async_trait]
impl AccountData for InProcessChatData {
    async fn delete_of_user(
        &self,
        user: UserId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0.users.delete(user).await.map(drop)?)
    }

    async fn export_of_user(
        &self,
        user: UserId,
    ) -> Result<Lines, Box<dyn std::error::Error + Send + Sync>> {
        let lines = chat_service::routes::export_lines(&self.0, user);
        Ok(lines.map_err(Into::into).boxed())
    }
}
