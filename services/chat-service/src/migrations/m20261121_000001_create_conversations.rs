use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer, string, timestamp_with_time_zone, uuid, uuid_null,
};

use crate::repositories::CONVERSATION_COUNTS;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let conversations = Table::create()
            .table("conversations")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(uuid_null("project_id"))
            .col(ColumnDef::new("title").string())
            .col(string("model"))
            .col(string("llm_provider").default("openai"))
            .col(ColumnDef::new("system_prompt").text())
            .col(boolean("pinned"))
            .col(boolean("archived"))
            // The number of the next message.
            .col(big_integer("next_seq"))
            .col(integer("message_count"))
            // The end of the branch that is shown.
            .col(uuid_null("active_leaf_id"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .to_owned();
        manager.create_table(conversations).await?;
        for (owner, key) in
            [("user_id", "created_at"), ("user_id", "updated_at"), ("project_id", "updated_at")]
        {
            let index = Index::create()
                .name(format!("conversations_{owner}_{key}"))
                .table("conversations")
                .col(owner)
                .col(key)
                .col("id")
                .to_owned();
            manager.create_index(index).await?;
        }
        CONVERSATION_COUNTS.create_table(manager).await
    }
}
