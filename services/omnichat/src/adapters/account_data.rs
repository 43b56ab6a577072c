use actix_web::web::Data;
use async_trait::async_trait;
use auth_service::services::AccountData;
use common::UserId;
use project_service::ProjectState;

/// project-service in the same process, for auth-service.
pub struct InProcessProjectData(pub Data<ProjectState>);

#[async_trait]
impl AccountData for InProcessProjectData {
    async fn delete_of_user(
        &self,
        user: UserId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0.projects.delete_all(user).await.map(drop)?)
    }
}
