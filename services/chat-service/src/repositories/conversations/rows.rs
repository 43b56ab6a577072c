//! Conversations as rows, and rows as conversations.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use common::ProjectId;
use common::domain::conversation::{Conversation, LastMessage, ModelContext, PREVIEW_CHARS};
use common::domain::message::Role;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult,
    QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::super::entities::message::{self, word};
use super::super::entities::{conversation, model_context};

/// The newest message of a conversation, without the rest of its text.
#[derive(FromQueryResult)]
struct Leaf {
    id: Uuid,
    preview: String,
    role: String,
    model: String,
    created_at: DateTime<Utc>,
}

/// Rows as conversations: with their models and their newest messages, in two statements however many there are.
pub(super) async fn complete(
    connection: &impl ConnectionTrait,
    rows: Vec<conversation::Model>,
) -> Result<Vec<Conversation>, DbErr> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut models: HashMap<Uuid, Vec<ModelContext>> = HashMap::new();
    let contexts = model_context::Entity::find()
        .filter(model_context::Column::ConversationId.is_in(ids))
        .order_by_asc(model_context::Column::FirstMessageAt)
        .all(connection)
        .await?;
    for context in contexts {
        models.entry(context.conversation_id).or_default().push(context.into());
    }
    let leaves: Vec<Uuid> = rows.iter().filter_map(|row| row.active_leaf_id).collect();
    let mut leaves: HashMap<Uuid, Leaf> =
        newest(connection, leaves).await?.into_iter().map(|leaf| (leaf.id, leaf)).collect();
    let complete = |row: conversation::Model| {
        let contexts = models.remove(&row.id).unwrap_or_default();
        let last_message =
            row.active_leaf_id.and_then(|leaf| leaves.remove(&leaf)).map(LastMessage::from);
        Conversation { contexts, last_message, ..row.into() }
    };
    Ok(rows.into_iter().map(complete).collect())
}

async fn newest(connection: &impl ConnectionTrait, ids: Vec<Uuid>) -> Result<Vec<Leaf>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let preview = Expr::cust(format!("substr(content, 1, {PREVIEW_CHARS})"));
    message::Entity::find()
        .filter(message::Column::Id.is_in(ids))
        .select_only()
        .columns([
            message::Column::Id,
            message::Column::Role,
            message::Column::Model,
            message::Column::CreatedAt,
        ])
        .expr_as(preview, "preview")
        .into_model()
        .all(connection)
        .await
}

pub fn row_of(conversation: &Conversation) -> conversation::ActiveModel {
    conversation::ActiveModel {
        id: Set(conversation.id.uuid()),
        user_id: Set(conversation.owner.uuid()),
        project_id: Set(conversation.project.map(ProjectId::uuid)),
        title: Set(conversation.title.clone()),
        model: Set(conversation.model.clone()),
        llm_provider: Set(conversation.provider.clone()),
        system_prompt: Set(conversation.system_prompt.clone()),
        pinned: Set(false),
        archived: Set(false),
        is_default: Set(conversation.is_default),
        next_seq: Set(1),
        message_count: Set(0),
        active_leaf_id: Set(None),
        created_at: Set(conversation.created_at),
        updated_at: Set(conversation.updated_at),
    }
}

impl From<conversation::Model> for Conversation {
    fn from(row: conversation::Model) -> Self {
        Self {
            id: row.id.into(),
            owner: row.user_id.into(),
            project: row.project_id.map(Into::into),
            title: row.title,
            model: row.model,
            provider: row.llm_provider,
            system_prompt: row.system_prompt,
            pinned: row.pinned,
            archived: row.archived,
            is_default: row.is_default,
            message_count: row.message_count.unsigned_abs(),
            contexts: Vec::new(),
            last_message: None,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<model_context::Model> for ModelContext {
    fn from(row: model_context::Model) -> Self {
        Self {
            model: row.model,
            message_count: row.message_count.unsigned_abs(),
            last_message_at: row.last_message_at,
            summary: row.summary,
            summary_at: row.summary_updated_at,
        }
    }
}

impl From<Leaf> for LastMessage {
    fn from(leaf: Leaf) -> Self {
        let role = if leaf.role == word(Role::User) { Role::User } else { Role::Assistant };
        Self {
            id: leaf.id.into(),
            preview: leaf.preview,
            role,
            model: leaf.model,
            at: leaf.created_at,
        }
    }
}
