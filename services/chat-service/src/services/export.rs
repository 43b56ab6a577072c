//! What people take away, a conversation or all that is theirs, read page by page: an export of any size takes the memory of one
//! page and one message's images.

use std::sync::Arc;

use common::domain::attachment::NewAttachment;
use common::domain::conversation::Conversation;
use common::domain::export::{ChatRecord, MessageRecord};
use common::domain::message::{Message, MessageError};
use common::domain::share::Share;
use common::domain::usage::{UsageGroup, UsageSpan};
use common::repositories::{
    AttachmentRepository, ConversationFilter, ConversationRepository, ConversationSort,
    MessageFilter, MessageRepository, PreferenceRepository, ShareRepository, StoreError,
    UsageRepository,
};
use common::{AttachmentId, Clock, ConversationId, UserId};
use futures_util::stream::{Stream, TryStreamExt};
use platform::pages;

const PAGE: u32 = 50;

/// Reads what a user takes away.
#[derive(Clone)]
pub struct Export {
    conversations: Arc<dyn ConversationRepository>,
    messages: Arc<dyn MessageRepository>,
    attachments: Arc<dyn AttachmentRepository>,
    shares: Arc<dyn ShareRepository>,
    preferences: Arc<dyn PreferenceRepository>,
    usage: Arc<dyn UsageRepository>,
    clock: Arc<dyn Clock>,
}

/// What [`Export`] stands on.
pub struct ExportParts {
    pub conversations: Arc<dyn ConversationRepository>,
    pub messages: Arc<dyn MessageRepository>,
    pub attachments: Arc<dyn AttachmentRepository>,
    pub shares: Arc<dyn ShareRepository>,
    pub preferences: Arc<dyn PreferenceRepository>,
    pub usage: Arc<dyn UsageRepository>,
}

impl Export {
    pub fn new(parts: ExportParts, clock: Arc<dyn Clock>) -> Self {
        let ExportParts { conversations, messages, attachments, shares, preferences, usage } =
            parts;
        Self { conversations, messages, attachments, shares, preferences, usage, clock }
    }

    /// What a user has here beside conversations. Keys for providers are not told to anybody.
    pub async fn records(&self, owner: UserId) -> Result<Vec<ChatRecord>, StoreError> {
        let today = self.clock.now().date_naive();
        let span = UsageSpan { from: chrono::DateTime::UNIX_EPOCH.date_naive(), to: today };
        let preferences = self.preferences.find(owner).await?.map(ChatRecord::Preferences);
        let days = self.usage.sums(owner, span, UsageGroup::Day).await?;
        Ok(preferences.into_iter().chain(days.into_iter().map(ChatRecord::Usage)).collect())
    }

    /// All conversations of a user, oldest first.
    pub fn conversations(
        self,
        owner: UserId,
    ) -> impl Stream<Item = Result<Conversation, StoreError>> {
        pages(PAGE, move |page| {
            let conversations = self.conversations.clone();
            async move {
                let filter = ConversationFilter {
                    project: None,
                    archived: None,
                    search: None,
                    sort: ConversationSort::CreatedAt,
                };
                conversations.list(owner, &filter, page).await
            }
        })
    }

    /// A conversation's shares, without what they show.
    pub async fn shares(
        &self,
        owner: UserId,
        conversation: ConversationId,
    ) -> Result<Vec<Share>, StoreError> {
        self.shares.list(owner, conversation).await
    }

    /// All messages of a conversation, on every branch: each after the one that it follows, with its images.
    pub fn tree(
        self,
        owner: UserId,
        conversation: ConversationId,
    ) -> impl Stream<Item = Result<MessageRecord, MessageError>> {
        let messages = self.messages.clone();
        let all = pages(PAGE, move |page| {
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
        pages(PAGE, move |page| {
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
