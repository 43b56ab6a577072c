use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, string, timestamp_with_time_zone, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let users = Table::create()
            .table("users")
            .col(uuid("id").primary_key())
            .col(string("email"))
            // The address as it is compared.
            .col(string("email_folded"))
            .col(string("password_hash"))
            .col(ColumnDef::new("display_name").string())
            .col(boolean("is_active"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .to_owned();
        manager.create_table(users).await?;
        let email = Index::create()
            .name("users_email_folded")
            .table("users")
            .col("email_folded")
            .unique()
            .to_owned();
        manager.create_index(email).await
    }
}
