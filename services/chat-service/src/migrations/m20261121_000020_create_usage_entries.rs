use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, date, integer, string, string_null, text_null, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No foreign keys: what was used stays known when its conversation is gone.
        let entries = Table::create()
            .table("usage_entries")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(uuid_null("project_id"))
            .col(string("model"))
            .col(string("provider"))
            .col(date("day"))
            .col(integer("input_tokens"))
            .col(integer("cache_read_tokens"))
            .col(integer("cache_write_tokens"))
            .col(integer("output_tokens"))
            .col(integer("reasoning_tokens"))
            .col(string("source"))
            .col(big_integer_null("cost_micro_usd"))
            .to_owned();
        manager.create_table(entries).await?;
        let of_user = Index::create()
            .name("usage_entries_user_day")
            .table("usage_entries")
            .col("user_id")
            .col("day")
            .to_owned();
        manager.create_index(of_user).await?;
        for column in [string_null("answered_by"), text_null("context")] {
            let table = Table::alter().table("messages").add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
