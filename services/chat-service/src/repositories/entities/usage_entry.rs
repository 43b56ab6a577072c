use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_entries")]
pub struct Model {
    /// The reply's, or the completion's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub project_id: Option<Uuid>,
    pub model: String,
    pub provider: String,
    pub day: Date,
    pub input_tokens: i32,
    pub cache_read_tokens: i32,
    pub cache_write_tokens: i32,
    pub output_tokens: i32,
    pub reasoning_tokens: i32,
    pub source: String,
    pub cost_micro_usd: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
