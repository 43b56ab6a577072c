use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What each process looks for once a second, and seldom finds.
        let cancelled = Index::create()
            .name("messages_cancelled")
            .table("messages")
            .col("lease_owner")
            .and_where(Expr::col("status").is_in(["pending", "streaming"]))
            .and_where(Expr::cust("cancel_requested"))
            .to_owned();
        manager.create_index(cancelled).await
    }
}
