use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string, timestamp_with_time_zone, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tokens = Table::create()
            .table("access_tokens")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(string("name"))
            // As in a token request (RFC 6749 §3.3): `read write`.
            .col(string("scopes"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(ColumnDef::new("last_used_at").timestamp_with_time_zone())
            .foreign_key(
                ForeignKey::create()
                    .name("access_tokens_user")
                    .from("access_tokens", "user_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(tokens).await?;
        for key in ["user_id", "expires_at"] {
            let index = Index::create()
                .name(format!("access_tokens_{key}"))
                .table("access_tokens")
                .col(key)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
