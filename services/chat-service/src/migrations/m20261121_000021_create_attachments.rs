use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, integer, string, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut message = ForeignKey::create()
            .name("attachments_message")
            .from("attachments", "message_id")
            .to("messages", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .to_owned();
        let attachments = Table::create()
            .table("attachments")
            .col(uuid("id").primary_key())
            .col(uuid("message_id"))
            .col(uuid("user_id"))
            .col(integer("position"))
            .col(string("media_type"))
            .col(integer("size"))
            .col(binary("data"))
            .foreign_key(&mut message)
            .to_owned();
        manager.create_table(attachments).await?;
        let of_message = Index::create()
            .name("attachments_message_position")
            .table("attachments")
            .col("message_id")
            .col("position")
            .unique()
            .to_owned();
        manager.create_index(of_message).await
    }
}
