use std::sync::Arc;

use common::domain::attachment::{AttachmentError, Image};
use common::repositories::AttachmentRepository;
use common::{AttachmentId, MessageId, UserId};

/// What is attached to messages, seen by their owner alone.
pub struct Attachments {
    attachments: Arc<dyn AttachmentRepository>,
}

impl Attachments {
    pub fn new(attachments: Arc<dyn AttachmentRepository>) -> Self {
        Self { attachments }
    }

    /// An image that is attached to a message.
    pub async fn get(
        &self,
        owner: UserId,
        message: MessageId,
        id: AttachmentId,
    ) -> Result<Image, AttachmentError> {
        self.attachments.find(owner, message, id).await?.ok_or(AttachmentError::NotFound)
    }
}
