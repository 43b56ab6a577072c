use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let running = |name: &str| {
            Index::create()
                .name(name)
                .table("messages")
                .col("lease_owner")
                .and_where(Expr::col("status").is_in(["pending", "streaming"]))
                .to_owned()
        };
        // What a process renews the leases of, together.
        manager.create_index(running("messages_running_of_maker")).await?;
        // What it looks for once a second, and seldom finds.
        let mut cancelled = running("messages_cancelled");
        manager.create_index(cancelled.and_where(Expr::cust("cancel_requested")).to_owned()).await
    }
}
