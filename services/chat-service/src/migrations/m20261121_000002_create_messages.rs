use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, double_null, integer, integer_null, string,
    string_null, text, text_null, timestamp_with_time_zone, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(messages()).await?;
        let seq = Index::create()
            .name("messages_seq")
            .table("messages")
            .col("conversation_id")
            .col("seq")
            .unique()
            .to_owned();
        manager.create_index(seq).await?;
        // One reply at a time for each conversation and model; also what the reaper looks through.
        let one_running = Index::create()
            .name("messages_one_running")
            .table("messages")
            .col("conversation_id")
            .col("model")
            .unique()
            .and_where(Expr::col("status").is_in(["pending", "streaming"]))
            .to_owned();
        manager.create_index(one_running).await?;
        let by_model = Index::create()
            .name("messages_model_seq")
            .table("messages")
            .col("conversation_id")
            .col("model")
            .col("seq")
            .to_owned();
        manager.create_index(by_model).await?;
        let contexts = Table::create()
            .table("model_contexts")
            .col(uuid("conversation_id"))
            .col(string("model"))
            .col(integer("message_count"))
            .col(timestamp_with_time_zone("first_message_at"))
            .col(timestamp_with_time_zone("last_message_at"))
            .primary_key(Index::create().col("conversation_id").col("model"))
            .foreign_key(&mut of_conversation("model_contexts"))
            .to_owned();
        manager.create_table(contexts).await
    }
}

fn messages() -> TableCreateStatement {
    Table::create()
        .table("messages")
        .col(uuid("id").primary_key())
        .col(uuid("conversation_id"))
        .col(uuid("user_id"))
        .col(uuid_null("parent_id"))
        .col(uuid("turn_id"))
        .col(string("model"))
        .col(big_integer("seq"))
        .col(string("role").check(Expr::col("role").is_in(["system", "user", "assistant"])))
        .col(text("content"))
        .col(text("reasoning"))
        .col(string("status"))
        .col(string_null("finish_reason"))
        .col(text_null("error"))
        .col(integer_null("token_count"))
        .col(double_null("temperature"))
        .col(integer_null("prompt_tokens"))
        .col(integer_null("completion_tokens"))
        .col(big_integer_null("cost_micro_usd"))
        .col(text("prompt_versions"))
        .col(uuid_null("lease_owner"))
        // Microseconds of the database's clock.
        .col(big_integer_null("lease_until"))
        .col(boolean("cancel_requested"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut of_conversation("messages"))
        .to_owned()
}

fn of_conversation(table: &str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_conversation"))
        .from(table.to_owned(), "conversation_id")
        .to("conversations", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}
