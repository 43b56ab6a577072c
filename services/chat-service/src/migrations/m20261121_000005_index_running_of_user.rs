use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What a person's running replies are counted by.
        let running = Index::create()
            .name("messages_running_of_user")
            .table("messages")
            .col("user_id")
            .and_where(Expr::col("status").is_in(["pending", "streaming"]))
            .to_owned();
        manager.create_index(running).await
    }
}
