//! A conversation to take away, read page by page: an export of any size takes the memory of one page and one message's images.

use std::sync::Arc;

use common::domain::attachment::NewAttachment;
use common::domain::export::MessageRecord;
use common::domain::message::{Message, MessageError};
use common::repositories::{AttachmentRepository, MessageFilter, MessageRepository, StoreError};
use common::{AttachmentId, ConversationId, Direction, Page, PageRequest, Position, UserId};
use futures_util::stream::{self, Stream, TryStreamExt};

const PAGE: u32 = 50;

/// Reads what a user takes away.
#[derive(Clone)]
pub struct Export {
    messages: Arc<dyn MessageRepository>,
    attachments: Arc<dyn AttachmentRepository>,
}

impl Export {
    pub fn new(
        messages: Arc<dyn MessageRepository>,
        attachments: Arc<dyn AttachmentRepository>,
    ) -> Self {
        Self { messages, attachments }
    }

    /// All messages of a conversation, on every branch: each after the one that it follows, with its images.
    pub fn tree(
        self,
        owner: UserId,
        conversation: ConversationId,
    ) -> impl Stream<Item = Result<MessageRecord, MessageError>> {
        let messages = self.messages.clone();
        let all = pages(move |page| {
            let messages = messages.clone();
            async move { messages.list_all(owner, conversation, page).await }
        });
        all.and_then(move |message| {
            let this = self.clone();
            async move { this.with_images(owner, message).await }
        })
        .map_err(MessageError::from)
    }

    /// The messages of a conversation's active branch, in order.
    pub fn branch(
        self,
        owner: UserId,
        conversation: ConversationId,
    ) -> impl Stream<Item = Result<Message, MessageError>> {
        pages(move |page| {
            let messages = self.messages.clone();
            async move { messages.list(owner, conversation, MessageFilter::default(), page).await }
        })
        .map_err(MessageError::from)
    }

    async fn with_images(
        &self,
        owner: UserId,
        message: Message,
    ) -> Result<MessageRecord, StoreError> {
        let ids: Vec<AttachmentId> =
            message.attachments.iter().map(|attachment| attachment.id).collect();
        let mut images = self.attachments.images(owner, &ids).await?;
        let found = |id| Some(NewAttachment { id, image: images.remove(&id)? });
        let images = ids.into_iter().filter_map(found).collect();
        Ok(MessageRecord { message, images })
    }
}

/// All rows of a list that `read` gives page by page.
fn pages<T, F>(read: impl Fn(PageRequest) -> F) -> impl Stream<Item = Result<T, StoreError>>
where
    F: Future<Output = Result<Page<T>, StoreError>>,
{
    enum Next {
        From(Option<Position>),
        End,
    }
    stream::try_unfold((Next::From(None), read), |(next, read)| async move {
        let Next::From(after) = next else {
            return Ok(None);
        };
        let page =
            read(PageRequest { limit: PAGE, after, direction: Direction::Ascending }).await?;
        let next = page.next.map_or(Next::End, |place| Next::From(Some(place)));
        Ok(Some((stream::iter(page.items.into_iter().map(Ok)), (next, read))))
    })
    .try_flatten()
}
