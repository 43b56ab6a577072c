use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    binary, integer, string_null, text, timestamp_with_time_zone, uuid,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut conversation = ForeignKey::create()
            .name("shares_conversation")
            .from("shares", "conversation_id")
            .to("conversations", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .to_owned();
        let shares = Table::create()
            .table("shares")
            .col(uuid("id").primary_key())
            .col(uuid("conversation_id"))
            .col(uuid("user_id"))
            // SHA-256; the token itself is never stored.
            .col(binary("token_hash"))
            .col(string_null("title"))
            .col(integer("message_count"))
            // The messages, in JSON.
            .col(text("messages"))
            .col(timestamp_with_time_zone("created_at"))
            .foreign_key(&mut conversation)
            .to_owned();
        manager.create_table(shares).await?;
        let token = Index::create()
            .name("shares_token")
            .table("shares")
            .col("token_hash")
            .unique()
            .to_owned();
        manager.create_index(token).await?;
        let of_conversation = Index::create()
            .name("shares_conversation_id")
            .table("shares")
            .col("conversation_id")
            .col("id")
            .to_owned();
        manager.create_index(of_conversation).await
    }
}
