use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    double_null, string_null, text_null, timestamp_with_time_zone, uuid,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let preferences = Table::create()
            .table("preferences")
            .col(uuid("user_id").primary_key())
            .col(string_null("default_model"))
            .col(double_null("default_temperature"))
            .col(text_null("system_prompt"))
            .col(timestamp_with_time_zone("updated_at"))
            .to_owned();
        manager.create_table(preferences).await
    }
}
