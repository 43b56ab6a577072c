use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, integer, string, text, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let jobs = Table::create()
            .table("load_jobs")
            .col(uuid("id").primary_key())
            .col(string("model"))
            .col(string("status"))
            .col(integer("percent"))
            .col(text("detail"))
            .col(integer("attempts"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("ended_at"))
            .col(uuid_null("lease_owner"))
            // When it may be taken up, in microseconds of the database's clock.
            .col(big_integer_null("lease_until"))
            .to_owned();
        manager.create_table(jobs).await?;
        let one_running = Index::create()
            .name("load_jobs_one_running")
            .table("load_jobs")
            .col("model")
            .unique()
            .and_where(Expr::col("status").eq("loading"))
            .to_owned();
        manager.create_index(one_running).await?;
        let of_model = Index::create()
            .name("load_jobs_model")
            .table("load_jobs")
            .col("model")
            .col("id")
            .to_owned();
        manager.create_index(of_model).await
    }
}
