use async_trait::async_trait;
use common::UserId;
use futures_util::stream::{StreamExt, TryStreamExt};
use platform::client::{Identity, Sibling};
use reqwest::Method;

use crate::services::{AccountData, Lines};

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

    async fn export_of_user(
        &self,
        user: UserId,
    ) -> Result<Lines, Box<dyn std::error::Error + Send + Sync>> {
        let lines = self.0.stream(&format!("/internal/users/{user}/export")).await?;
        Ok(lines.map_err(Into::into).boxed())
    }
}
