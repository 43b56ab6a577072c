use common::domain::errand::{Errand, ErrandKind};
use sea_orm::entity::prelude::*;

use super::message::read_word;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "errands")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub conversation_id: Uuid,
    pub model: String,
    pub kind: String,
    pub attempts: i32,
    pub created_at: DateTimeUtc,
    pub lease_owner: Option<Uuid>,
    /// In microseconds of the database's clock.
    pub lease_until: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// `None`: a newer release noted it.
    pub fn read(self) -> Option<Errand> {
        Some(Errand {
            id: self.id.into(),
            owner: self.user_id.into(),
            conversation: self.conversation_id.into(),
            model: self.model,
            kind: read_word::<ErrandKind>(self.kind)?,
            attempts: self.attempts.unsigned_abs(),
            created_at: self.created_at,
        })
    }
}
