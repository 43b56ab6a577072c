use std::collections::HashMap;

use async_trait::async_trait;

use super::StoreError;
use crate::domain::attachment::Image;
use crate::{AttachmentId, MessageId, UserId};

/// What is attached to messages in a database, for reading; [`ReplyRepository`](super::ReplyRepository) writes it.
#[async_trait]
pub trait AttachmentRepository: Send + Sync {
    /// An image that is attached to a message.
    async fn find(
        &self,
        owner: UserId,
        message: MessageId,
        id: AttachmentId,
    ) -> Result<Option<Image>, StoreError>;
    /// Images, wherever they are attached; of those that are there.
    async fn images(
        &self,
        owner: UserId,
        ids: &[AttachmentId],
    ) -> Result<HashMap<AttachmentId, Image>, StoreError>;
}
