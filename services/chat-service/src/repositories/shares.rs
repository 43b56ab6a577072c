use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::domain::message::{MessageStatus, Role};
use common::domain::share::{
    MAX_SHARED_BYTES, MAX_SHARES, NewShare, Share, ShareError, SharedMessage, Snapshot,
};
use common::repositories::{ShareRepository, StoreError};
use common::{ConversationId, ShareId, UserId};
use platform::db::{Creations, Database, store_error};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::entities::message::{count, json, read_word, word};
use super::entities::{attachment, conversation, message, share};

/// Shares in the service's database.
pub struct SqlShares {
    db: Database,
}

/// All of a row but what is shown.
#[derive(FromQueryResult)]
struct Described {
    id: Uuid,
    conversation_id: Uuid,
    title: Option<String>,
    message_count: i32,
    created_at: DateTime<Utc>,
}

/// What is shown of a message.
#[derive(FromQueryResult)]
struct Said {
    id: Uuid,
    role: String,
    model: String,
    content: String,
    created_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct Attached {
    message_id: Uuid,
    images: i64,
}

impl SqlShares {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ShareRepository for SqlShares {
    async fn insert(&self, owner: UserId, new: &NewShare) -> Result<Share, ShareError> {
        let tx = self.db.begin_write().await.map_err(store_error)?;
        let locked = lock(&tx, owner, new.conversation).await.map_err(store_error)?;
        let conversation = locked.ok_or(ShareError::NotFound)?;
        Creations::claim(&tx, owner, new.key.as_ref(), new.id.uuid(), new.at).await?;
        let of_conversation = share::Column::ConversationId.eq(conversation.id);
        let shares = share::Entity::find().filter(of_conversation).count(&tx).await;
        if shares.map_err(store_error)? >= MAX_SHARES {
            return Err(ShareError::TooMany);
        }
        // Before any of it is read.
        if bytes_of(&tx, conversation.id).await.map_err(store_error)? > MAX_SHARED_BYTES {
            return Err(ShareError::TooLong);
        }
        let messages = messages_of(&tx, conversation.id).await.map_err(store_error)?;
        if messages.is_empty() {
            return Err(ShareError::Empty);
        }
        let row = share::Model {
            id: new.id.uuid(),
            conversation_id: conversation.id,
            user_id: owner.uuid(),
            token_hash: new.token_hash.clone(),
            title: conversation.title,
            message_count: count(u32::try_from(messages.len()).unwrap_or(u32::MAX)),
            messages: json(&messages),
            created_at: new.at,
        };
        let stored = row.clone();
        let insert = async {
            share::Entity::insert(share::ActiveModel::from(stored))
                .exec_without_returning(&tx)
                .await?;
            tx.commit().await
        };
        insert.await.map_err(store_error)?;
        Ok(row.into())
    }

    async fn list(
        &self,
        owner: UserId,
        conversation: ConversationId,
    ) -> Result<Vec<Share>, StoreError> {
        let rows: Vec<Described> = share::Entity::find()
            .filter(share::Column::ConversationId.eq(conversation.uuid()))
            .filter(share::Column::UserId.eq(owner.uuid()))
            .select_only()
            .columns([
                share::Column::Id,
                share::Column::ConversationId,
                share::Column::Title,
                share::Column::MessageCount,
                share::Column::CreatedAt,
            ])
            .order_by_desc(share::Column::Id)
            .into_model()
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    async fn delete(&self, owner: UserId, id: ShareId) -> Result<bool, StoreError> {
        let deleted = share::Entity::delete_many()
            .filter(share::Column::Id.eq(id.uuid()))
            .filter(share::Column::UserId.eq(owner.uuid()))
            .exec(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(deleted.rows_affected > 0)
    }

    async fn open(&self, token_hash: &[u8]) -> Result<Option<Snapshot>, StoreError> {
        let row = share::Entity::find()
            .filter(share::Column::TokenHash.eq(token_hash.to_vec()))
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        let Some(share::Model { title, messages, created_at, .. }) = row else { return Ok(None) };
        let messages = serde_json::from_str(&messages);
        let messages = messages.map_err(|error| StoreError::Failed(error.into()))?;
        Ok(Some(Snapshot { title, created_at, messages }))
    }
}

/// The conversation, which nobody else changes or deletes until the transaction ends.
async fn lock(
    tx: &DatabaseTransaction,
    owner: UserId,
    id: ConversationId,
) -> Result<Option<conversation::Model>, DbErr> {
    conversation::Entity::find_by_id(id.uuid())
        .filter(conversation::Column::UserId.eq(owner.uuid()))
        .lock_exclusive()
        .one(tx)
        .await
}

/// What of a conversation is shown.
fn shown(conversation: Uuid) -> Condition {
    let running = [MessageStatus::Pending, MessageStatus::Streaming].map(word);
    let is_an_answer = message::Column::Content.ne("");
    Condition::all()
        .add(message::Column::ConversationId.eq(conversation))
        .add(Expr::cust("on_branch"))
        .add(message::Column::Status.is_not_in(running))
        .add(
            Condition::any()
                .add(message::Column::Role.eq(word(Role::User)))
                .add(message::Column::Role.eq(word(Role::Assistant)).and(is_an_answer)),
        )
}

async fn bytes_of(tx: &DatabaseTransaction, conversation: Uuid) -> Result<u64, DbErr> {
    // Of text, SQLite's `LENGTH` counts characters.
    let bytes = "CAST(COALESCE(SUM(OCTET_LENGTH(content)), 0) AS BIGINT)";
    let bytes: Option<i64> = message::Entity::find()
        .filter(shown(conversation))
        .select_only()
        .expr_as(Expr::cust(bytes), "bytes")
        .into_tuple()
        .one(tx)
        .await?;
    Ok(bytes.unwrap_or(0).unsigned_abs())
}

async fn messages_of(
    tx: &DatabaseTransaction,
    conversation: Uuid,
) -> Result<Vec<SharedMessage>, DbErr> {
    let rows: Vec<Said> = message::Entity::find()
        .filter(shown(conversation))
        .select_only()
        .columns([
            message::Column::Id,
            message::Column::Role,
            message::Column::Model,
            message::Column::Content,
            message::Column::CreatedAt,
        ])
        .order_by_asc(message::Column::Depth)
        .order_by_asc(message::Column::Id)
        .into_model()
        .all(tx)
        .await?;
    let mut images = images_of(tx, conversation).await?;
    let shared = |row: Said| SharedMessage {
        images_left_out: images.remove(&row.id).unwrap_or(0),
        role: read_word(row.role).unwrap_or(Role::Assistant),
        model_id: row.model,
        content: row.content,
        created_at: row.created_at,
    };
    Ok(rows.into_iter().map(shared).collect())
}

/// How many images are attached to which message.
async fn images_of(
    tx: &DatabaseTransaction,
    conversation: Uuid,
) -> Result<HashMap<Uuid, u32>, DbErr> {
    let of_conversation = Query::select()
        .column(message::Column::Id)
        .from(message::Entity)
        .and_where(message::Column::ConversationId.eq(conversation))
        .to_owned();
    let rows: Vec<Attached> = attachment::Entity::find()
        .filter(attachment::Column::MessageId.in_subquery(of_conversation))
        .select_only()
        .column(attachment::Column::MessageId)
        .column_as(attachment::Column::Id.count(), "images")
        .group_by(attachment::Column::MessageId)
        .into_model()
        .all(tx)
        .await?;
    let counted = |row: Attached| (row.message_id, u32::try_from(row.images).unwrap_or(u32::MAX));
    Ok(rows.into_iter().map(counted).collect())
}

impl From<Described> for Share {
    fn from(row: Described) -> Self {
        Self {
            id: row.id.into(),
            conversation: row.conversation_id.into(),
            title: row.title,
            message_count: row.message_count.unsigned_abs(),
            created_at: row.created_at,
        }
    }
}

impl From<share::Model> for Share {
    fn from(row: share::Model) -> Self {
        let share::Model { id, conversation_id, title, message_count, created_at, .. } = row;
        Described { id, conversation_id, title, message_count, created_at }.into()
    }
}
