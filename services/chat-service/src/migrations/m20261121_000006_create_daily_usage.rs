use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, date, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let daily_usage = Table::create()
            .table("daily_usage")
            .col(uuid("user_id"))
            .col(date("day"))
            .col(big_integer("cost_micro_usd"))
            .primary_key(Index::create().col("user_id").col("day"))
            .to_owned();
        manager.create_table(daily_usage).await
    }
}
