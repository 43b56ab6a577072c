use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, string, timestamp_with_time_zone, uuid};

use crate::repositories::PROJECT_COUNTS;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let projects = Table::create()
            .table("projects")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(string("name"))
            .col(ColumnDef::new("description").text())
            .col(integer("prompt_count"))
            .col(big_integer("prompts_revision"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .to_owned();
        manager.create_table(projects).await?;
        for key in ["created_at", "updated_at"] {
            let index = Index::create()
                .name(format!("projects_user_{key}"))
                .table("projects")
                .col("user_id")
                .col(key)
                .col("id")
                .to_owned();
            manager.create_index(index).await?;
        }
        PROJECT_COUNTS.create_table(manager).await
    }
}
