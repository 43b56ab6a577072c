use std::sync::Arc;

use async_trait::async_trait;
use common::ProjectId;
use platform::outbox::{Courier, OutboxMessage};
use serde::Deserialize;

use crate::repositories::PROJECT_DELETED;
use crate::services::Conversations;

/// Takes what the outbox holds to chat-service.
pub struct DeletionCourier(pub Arc<dyn Conversations>);

#[async_trait]
impl Courier for DeletionCourier {
    async fn deliver(
        &self,
        message: &OutboxMessage,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        match message.kind.as_str() {
            PROJECT_DELETED => {
                self.0.delete_of_project(ProjectId::deserialize(&message.payload)?).await
            }
            other => Err(format!("unknown kind of message: {other}").into()),
        }
    }
}
