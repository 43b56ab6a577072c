use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub project_id: Option<Uuid>,
    pub title: Option<String>,
    pub model: String,
    pub llm_provider: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub system_prompt: Option<String>,
    pub pinned: bool,
    pub archived: bool,
    pub is_default: bool,
    pub next_seq: i64,
    pub message_count: i32,
    pub active_leaf_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
