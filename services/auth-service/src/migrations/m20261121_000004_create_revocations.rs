use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_pk_auto, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Outlives the account that it is about, so without a foreign key.
        let revocations = Table::create()
            .table("revocations")
            .col(big_pk_auto("id"))
            .col(uuid("session_id"))
            // Both in microseconds since 1970: the tokens' expiry, and the time by the database's clock.
            .col(big_integer("until"))
            .col(big_integer("created_at"))
            .to_owned();
        manager.create_table(revocations).await?;
        let until =
            Index::create().name("revocations_until").table("revocations").col("until").to_owned();
        manager.create_index(until).await
    }
}
