use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, string, text, timestamp_with_time_zone, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut conversation = ForeignKey::create()
            .name("idempotency_keys_conversation")
            .from("idempotency_keys", "conversation_id")
            .to("conversations", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .to_owned();
        let keys = Table::create()
            .table("idempotency_keys")
            .col(uuid("user_id"))
            .col(string("key"))
            .col(binary("fingerprint"))
            .col(uuid("conversation_id"))
            .col(uuid("user_message_id"))
            .col(text("reply_ids"))
            .col(timestamp_with_time_zone("created_at"))
            .primary_key(Index::create().col("user_id").col("key"))
            .foreign_key(&mut conversation)
            .to_owned();
        manager.create_table(keys).await?;
        for column in ["conversation_id", "created_at"] {
            let index = Index::create()
                .name(format!("idempotency_keys_{column}"))
                .table("idempotency_keys")
                .col(column)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
