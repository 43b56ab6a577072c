use chrono::{DateTime, Utc};
use common::domain::message::Role;
use common::domain::share::{Share, SharedMessage, Snapshot};
use common::{ConversationId, ShareId};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShareResponse {
    id: ShareId,
    conversation_id: ConversationId,
    /// What the conversation was called when it was shared.
    #[schema(required)]
    title: Option<String>,
    /// How many messages are shown.
    message_count: u32,
    created_at: DateTime<Utc>,
}

/// A new share, with its token: this is the only time that it is shown.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewShareResponse {
    #[serde(flatten)]
    share: ShareResponse,
    /// Whoever has it sees the conversation as it was.
    token: String,
    /// Where it is shown, to everybody.
    url: String,
}

#[derive(Serialize, ToSchema)]
pub struct NewShareData {
    share: NewShareResponse,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SharesData {
    /// Newest first.
    shares: Vec<ShareResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedShareData {
    pub deleted_share: ShareId,
}

/// A conversation as it was when it was shared.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SharedConversationResponse {
    #[schema(required)]
    title: Option<String>,
    /// The active branch, in order.
    messages: Vec<SharedMessageResponse>,
    /// When it was shared.
    shared_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SharedMessageResponse {
    role: Role,
    /// The model that said it or was asked.
    model_id: String,
    content: String,
    /// How many images were attached, which are not shown.
    images_left_out: u32,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SharedConversationData {
    conversation: SharedConversationResponse,
}

impl NewShareData {
    pub fn new(share: Share, token: &SecretString) -> Self {
        let token = token.expose_secret().to_owned();
        let url = format!("/shared/{token}");
        Self { share: NewShareResponse { share: share.into(), token, url } }
    }
}

impl From<Share> for ShareResponse {
    fn from(share: Share) -> Self {
        let Share { id, conversation, title, message_count, created_at } = share;
        Self { id, conversation_id: conversation, title, message_count, created_at }
    }
}

impl From<Vec<Share>> for SharesData {
    fn from(shares: Vec<Share>) -> Self {
        Self { shares: shares.into_iter().map(Into::into).collect() }
    }
}

impl From<SharedMessage> for SharedMessageResponse {
    fn from(message: SharedMessage) -> Self {
        let SharedMessage { role, model_id, content, images_left_out, created_at } = message;
        Self { role, model_id, content, images_left_out, created_at }
    }
}

impl From<Snapshot> for SharedConversationData {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot { title, created_at, messages } = snapshot;
        let messages = messages.into_iter().map(Into::into).collect();
        Self { conversation: SharedConversationResponse { title, messages, shared_at: created_at } }
    }
}
