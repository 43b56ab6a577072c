use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, integer, timestamp_with_time_zone, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sessions = Table::create()
            .table("sessions")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(binary("salt"))
            .col(ColumnDef::new("user_agent").string())
            .col(ColumnDef::new("ip").string())
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("last_seen_at"))
            .col(ColumnDef::new("revoked_at").timestamp_with_time_zone())
            .foreign_key(
                ForeignKey::create()
                    .name("sessions_user")
                    .from("sessions", "user_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(sessions).await?;
        let user =
            Index::create().name("sessions_user_id").table("sessions").col("user_id").to_owned();
        manager.create_index(user).await?;

        let tokens = Table::create()
            .table("refresh_tokens")
            .col(binary("hash").primary_key())
            .col(uuid("session_id"))
            .col(integer("generation"))
            .col(ColumnDef::new("consumed_at").timestamp_with_time_zone())
            .col(timestamp_with_time_zone("expires_at"))
            .foreign_key(
                ForeignKey::create()
                    .name("refresh_tokens_session")
                    .from("refresh_tokens", "session_id")
                    .to("sessions", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(tokens).await?;
        let generation = Index::create()
            .name("refresh_tokens_session_generation")
            .table("refresh_tokens")
            .col("session_id")
            .col("generation")
            .unique()
            .to_owned();
        manager.create_index(generation).await
    }
}
