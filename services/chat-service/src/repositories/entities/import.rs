use common::domain::import::{Import, ImportStatus, Tally};
use sea_orm::entity::prelude::*;

use super::message::read_word;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imports")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub status: String,
    pub position: i64,
    pub conversations: i64,
    pub skipped_conversations: i64,
    pub messages: i64,
    pub skipped_messages: i64,
    pub shortened_messages: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    pub attempts: i32,
    pub created_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
    pub key: Option<String>,
    pub fingerprint: Option<Vec<u8>>,
    pub lease_owner: Option<Uuid>,
    /// In microseconds of the database's clock.
    pub lease_until: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Import {
    fn from(row: Model) -> Self {
        Self {
            id: row.id.into(),
            owner: row.user_id.into(),
            status: read_word(row.status).unwrap_or(ImportStatus::Failed),
            position: row.position.unsigned_abs(),
            tally: Tally {
                conversations: row.conversations.unsigned_abs(),
                skipped_conversations: row.skipped_conversations.unsigned_abs(),
                messages: row.messages.unsigned_abs(),
                skipped_messages: row.skipped_messages.unsigned_abs(),
                shortened_messages: row.shortened_messages.unsigned_abs(),
            },
            error: row.error,
            attempts: row.attempts.unsigned_abs(),
            created_at: row.created_at,
            ended_at: row.ended_at,
        }
    }
}
