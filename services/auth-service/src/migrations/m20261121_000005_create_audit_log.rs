use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string, timestamp_with_time_zone, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Outlives the account that it is about, so without a foreign key.
        let events = Table::create()
            .table("audit_log")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(string("type"))
            .col(timestamp_with_time_zone("at"))
            .col(ColumnDef::new("ip").string())
            .col(ColumnDef::new("user_agent").string())
            .to_owned();
        manager.create_table(events).await?;
        let user = Index::create()
            .name("audit_log_user_id")
            .table("audit_log")
            .col("user_id")
            .col("at")
            .col("id")
            .to_owned();
        manager.create_index(user).await?;
        let at = Index::create().name("audit_log_at").table("audit_log").col("at").to_owned();
        manager.create_index(at).await
    }
}
