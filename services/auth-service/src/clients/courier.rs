use std::sync::Arc;

use async_trait::async_trait;
use common::UserId;
use platform::outbox::{Courier, OutboxMessage};
use serde::Deserialize;

use crate::repositories::{ACCOUNT_DELETED_CHAT, ACCOUNT_DELETED_PROJECTS};
use crate::services::AccountData;

/// Takes what the outbox holds to the siblings.
pub struct DeletionCourier {
    pub projects: Arc<dyn AccountData>,
    pub chat: Arc<dyn AccountData>,
}

#[async_trait]
impl Courier for DeletionCourier {
    async fn deliver(
        &self,
        message: &OutboxMessage,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let sibling = match message.kind.as_str() {
            ACCOUNT_DELETED_PROJECTS => &self.projects,
            ACCOUNT_DELETED_CHAT => &self.chat,
            other => return Err(format!("unknown kind of message: {other}").into()),
        };
        sibling.delete_of_user(UserId::deserialize(&message.payload)?).await
    }
}
