use async_trait::async_trait;
use common::UserId;
use platform::client::{Identity, Sibling};
use reqwest::Method;

use crate::services::AccountData;

/// A sibling over HTTP; all take the same call.
pub struct HttpAccountData(pub Sibling);

#[async_trait]
impl AccountData for HttpAccountData {
    async fn delete_of_user(
        &self,
        user: UserId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let path = format!("/internal/users/{user}");
        let answer = self.0.call(Method::DELETE, &path, Identity::Service, &[]).await?;
        if answer.status.is_success() {
            Ok(())
        } else {
            Err(format!("the sibling answered {}", answer.status).into())
        }
    }
}
