use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::UserId;
use common::domain::idempotency::{EarlierSend, Fingerprint, IdempotencyKey};
use common::domain::message::{NewTurn, Question};
use common::repositories::{IdempotencyRepository, StoreError};
use platform::db::{Database, store_error};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter};

use super::entities::idempotency_key;
use super::entities::message::json;

/// The keys of sends in the service's database, for reading.
pub struct SqlIdempotency {
    db: Database,
}

impl SqlIdempotency {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl IdempotencyRepository for SqlIdempotency {
    async fn find(
        &self,
        owner: UserId,
        key: &IdempotencyKey,
    ) -> Result<Option<EarlierSend>, StoreError> {
        let id = (owner.uuid(), key.as_str().to_owned());
        let row = idempotency_key::Entity::find_by_id(id).one(self.db.connection()).await;
        Ok(row.map_err(store_error)?.map(EarlierSend::from))
    }

    async fn delete_before(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let deleted = idempotency_key::Entity::delete_many()
            .filter(idempotency_key::Column::CreatedAt.lt(before))
            .exec(self.db.connection())
            .await;
        Ok(deleted.map_err(store_error)?.rows_affected)
    }
}

/// Takes a turn's key for it, where it has one; whether no other turn has it. One that is being stored is waited for.
pub(super) async fn claim(
    tx: &DatabaseTransaction,
    owner: UserId,
    turn: &NewTurn,
) -> Result<bool, DbErr> {
    let Some(key) = &turn.key else { return Ok(true) };
    let user_message = match &turn.question {
        Question::New(question) => question.id,
        Question::Again { message, .. } => *message,
    };
    let replies: Vec<_> = turn.replies.iter().map(|reply| reply.id).collect();
    let row = idempotency_key::Model {
        user_id: owner.uuid(),
        key: key.key.as_str().to_owned(),
        fingerprint: key.fingerprint.as_bytes().to_vec(),
        conversation_id: turn.conversation.uuid(),
        user_message_id: user_message.uuid(),
        reply_ids: json(&replies),
        created_at: turn.at,
    };
    let id = [idempotency_key::Column::UserId, idempotency_key::Column::Key];
    let taken = OnConflict::columns(id).do_nothing().to_owned();
    let inserted = idempotency_key::Entity::insert(row.into_active_model())
        .on_conflict(taken)
        .exec_without_returning(tx)
        .await?;
    Ok(inserted > 0)
}

impl From<idempotency_key::Model> for EarlierSend {
    fn from(row: idempotency_key::Model) -> Self {
        Self {
            fingerprint: Fingerprint::stored(row.fingerprint),
            conversation: row.conversation_id.into(),
            user_message: row.user_message_id.into(),
            replies: serde_json::from_str(&row.reply_ids).unwrap_or_default(),
        }
    }
}
