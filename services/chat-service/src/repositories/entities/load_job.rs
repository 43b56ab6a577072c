use common::domain::load_job::{LoadJob, LoadStatus};
use sea_orm::entity::prelude::*;

use super::message::read_word;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "load_jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub model: String,
    pub status: String,
    pub percent: i32,
    pub detail: String,
    pub attempts: i32,
    pub created_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
    pub lease_owner: Option<Uuid>,
    /// In microseconds of the database's clock.
    pub lease_until: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for LoadJob {
    fn from(row: Model) -> Self {
        Self {
            id: row.id.into(),
            model: row.model,
            status: read_word(row.status).unwrap_or(LoadStatus::Error),
            percent: u8::try_from(row.percent).unwrap_or(0),
            detail: row.detail,
            attempts: row.attempts.unsigned_abs(),
            created_at: row.created_at,
            ended_at: row.ended_at,
        }
    }
}
