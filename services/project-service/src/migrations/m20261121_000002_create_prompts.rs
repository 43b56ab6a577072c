use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, integer, string, text, timestamp_with_time_zone, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(prompts()).await?;
        let name = Index::create()
            .name("prompts_project_name")
            .table("prompts")
            .col("project_id")
            .col("name")
            .unique()
            .to_owned();
        manager.create_index(name).await?;
        for (owner, key) in [
            ("project_id", "position"),
            ("project_id", "created_at"),
            ("project_id", "updated_at"),
            ("user_id", "created_at"),
            ("user_id", "updated_at"),
        ] {
            let index = Index::create()
                .name(format!("prompts_{owner}_{key}"))
                .table("prompts")
                .col(owner)
                .col(key)
                .col("id")
                .to_owned();
            manager.create_index(index).await?;
        }
        manager.create_table(prompt_versions()).await
    }
}

fn prompts() -> TableCreateStatement {
    Table::create()
        .table("prompts")
        .col(uuid("id").primary_key())
        .col(uuid("project_id"))
        .col(uuid("user_id"))
        .col(string("name"))
        .col(text("content"))
        .col(integer("version"))
        .col(boolean("is_active"))
        .col(integer("position"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(
            ForeignKey::create()
                .name("prompts_project")
                .from("prompts", "project_id")
                .to("projects", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn prompt_versions() -> TableCreateStatement {
    Table::create()
        .table("prompt_versions")
        .col(uuid("prompt_id"))
        .col(integer("version"))
        .col(text("content"))
        .col(timestamp_with_time_zone("created_at"))
        .primary_key(Index::create().col("prompt_id").col("version"))
        .foreign_key(
            ForeignKey::create()
                .name("prompt_versions_prompt")
                .from("prompt_versions", "prompt_id")
                .to("prompts", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
