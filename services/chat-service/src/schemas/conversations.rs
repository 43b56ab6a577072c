use chrono::{DateTime, Utc};
use common::domain::conversation::{
    Conversation, ConversationChanges, DeletedConversation, LastMessage, NewConversation,
};
use common::domain::message::Role;
use common::repositories::{ConversationFilter, ConversationSort};
use common::{ConversationId, MessageId, Page, ProjectId, UserId};
use garde::Validate;
use platform::http::{AppError, Limit, Order, Paging, present, valid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::messages::MessageResponse;

/// A new conversation's parts that can be known beforehand.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateConversationRequest {
    /// 1 to 200 characters; from the first message if absent.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=200))))]
    title: Option<String>,
    /// The project whose prompts go in front of it.
    #[serde(default)]
    #[garde(skip)]
    project_id: Option<ProjectId>,
    /// A model of the catalogue; the caller's own default if absent, else the service's.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=100))))]
    model: Option<String>,
    /// Up to 100,000 characters; the caller's own if absent.
    #[serde(default)]
    #[garde(inner(custom(valid::text(0..=100_000))))]
    system_prompt: Option<String>,
}

/// What is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateConversationRequest {
    /// 1 to 200 characters.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=200))))]
    title: Option<String>,
    /// A model of the catalogue.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=100))))]
    model: Option<String>,
    /// Up to 100,000 characters; null clears it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    #[garde(inner(inner(custom(valid::text(0..=100_000)))))]
    system_prompt: Option<Option<String>>,
    #[serde(default)]
    #[garde(skip)]
    pinned: Option<bool>,
    #[serde(default)]
    #[garde(skip)]
    archived: Option<bool>,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListConversationsQuery {
    /// 1 to 100; 20 if absent.
    #[garde(inner(custom(valid::within(1..=100))))]
    limit: Option<u32>,
    /// `pagination.cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
    /// Only conversations of this project.
    #[garde(skip)]
    project_id: Option<ProjectId>,
    /// Only conversations that were put away, or only those that were not.
    #[garde(skip)]
    archived: Option<bool>,
    /// Only conversations with all of these words in their title or in one message; the last may be the beginning of one, and
    /// words between quotes follow each other.
    #[garde(inner(custom(valid::text(1..=200))))]
    q: Option<String>,
    /// `updated_at` if absent.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    order_by: ConversationOrderBy,
    /// `desc` if absent.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    order: Order,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationOrderBy {
    CreatedAt,
    #[default]
    UpdatedAt,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationResponse {
    id: ConversationId,
    #[schema(required)]
    project_id: Option<ProjectId>,
    #[schema(required)]
    title: Option<String>,
    model: String,
    provider: String,
    #[schema(required)]
    system_prompt: Option<String>,
    pinned: bool,
    archived: bool,
    message_count: u32,
    /// The models that have been asked in it.
    active_models: Vec<String>,
    #[schema(required)]
    last_message: Option<LastMessageResponse>,
    /// The newest summary that one of its models has of it.
    #[schema(required)]
    summary: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LastMessageResponse {
    id: MessageId,
    /// At most 200 characters.
    content: String,
    role: Role,
    model: String,
    timestamp: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationData {
    conversation: ConversationResponse,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationDetailData {
    pub conversation: ConversationResponse,
    /// The newest 50, in order.
    pub messages: Vec<MessageResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationsData {
    conversations: Vec<ConversationResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedConversationData {
    deleted_conversation: ConversationId,
    /// How many messages went with it.
    deleted_messages: u64,
}

impl ListConversationsQuery {
    pub fn filter(&self) -> ConversationFilter {
        let sort = match self.order_by {
            ConversationOrderBy::CreatedAt => ConversationSort::CreatedAt,
            ConversationOrderBy::UpdatedAt => ConversationSort::UpdatedAt,
        };
        let search = self.q.clone();
        ConversationFilter { project: self.project_id, archived: self.archived, search, sort }
    }

    pub fn paging(&self, owner: UserId) -> Result<Paging, AppError> {
        let scope = format!("conversations:{owner}:{:?}:{:?}", self.filter(), self.order);
        Paging::read(scope, self.order.into(), self.limit, Limit(20), self.cursor.as_deref())
    }
}

impl UpdateConversationRequest {
    /// The model that was asked for, and the other changes.
    pub fn into_changes(self) -> (Option<String>, ConversationChanges) {
        let changes = ConversationChanges {
            title: self.title,
            while_titled: None,
            model: None,
            system_prompt: self.system_prompt,
            pinned: self.pinned,
            archived: self.archived,
        };
        (self.model, changes)
    }
}

impl From<Conversation> for ConversationResponse {
    fn from(conversation: Conversation) -> Self {
        let summary = conversation.summary().map(str::to_owned);
        Self {
            id: conversation.id,
            project_id: conversation.project,
            title: conversation.title,
            model: conversation.model,
            provider: conversation.provider,
            system_prompt: conversation.system_prompt,
            pinned: conversation.pinned,
            archived: conversation.archived,
            message_count: conversation.message_count,
            active_models: conversation.contexts.into_iter().map(|context| context.model).collect(),
            last_message: conversation.last_message.map(LastMessageResponse::from),
            summary,
            created_at: conversation.created_at,
            updated_at: conversation.updated_at,
        }
    }
}

impl From<LastMessage> for LastMessageResponse {
    fn from(last: LastMessage) -> Self {
        Self {
            id: last.id,
            content: last.preview,
            role: last.role,
            model: last.model,
            timestamp: last.at,
        }
    }
}

impl From<Conversation> for ConversationData {
    fn from(conversation: Conversation) -> Self {
        Self { conversation: conversation.into() }
    }
}

impl From<Page<Conversation>> for ConversationsData {
    fn from(page: Page<Conversation>) -> Self {
        Self { conversations: page.items.into_iter().map(Into::into).collect() }
    }
}

impl From<DeletedConversation> for DeletedConversationData {
    fn from(deleted: DeletedConversation) -> Self {
        Self { deleted_conversation: deleted.id, deleted_messages: deleted.messages }
    }
}

impl From<CreateConversationRequest> for NewConversation {
    fn from(request: CreateConversationRequest) -> Self {
        Self {
            title: request.title,
            project: request.project_id,
            model: request.model,
            system_prompt: request.system_prompt,
            ..Self::default()
        }
    }
}
