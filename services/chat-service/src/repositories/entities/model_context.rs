use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "model_contexts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub model: String,
    pub message_count: i32,
    pub first_message_at: DateTimeUtc,
    pub last_message_at: DateTimeUtc,
    #[sea_orm(column_type = "Text", nullable)]
    pub summary: Option<String>,
    pub summary_through: Option<Uuid>,
    pub summary_is_own: bool,
    pub summary_updated_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
