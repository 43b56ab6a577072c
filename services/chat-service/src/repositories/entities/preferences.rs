use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "preferences")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    pub default_model: Option<String>,
    #[sea_orm(column_type = "Double", nullable)]
    pub default_temperature: Option<f64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub system_prompt: Option<String>,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
