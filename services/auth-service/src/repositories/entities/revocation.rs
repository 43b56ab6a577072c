use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revocations")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub session_id: Uuid,
    /// In microseconds since 1970.
    pub until: i64,
    /// In microseconds of the database's clock.
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
