use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary, string, timestamp_with_time_zone, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let data_keys = Table::create()
            .table("data_keys")
            .col(uuid("id").primary_key())
            .col(binary("wrapped"))
            .col(string("wrapping_key"))
            // How many secrets it has sealed.
            .col(big_integer("seals"))
            .col(timestamp_with_time_zone("created_at"))
            .to_owned();
        manager.create_table(data_keys).await?;
        // What is to be wrapped anew.
        let wrapping_key = Index::create()
            .name("data_keys_wrapping_key")
            .table("data_keys")
            .col("wrapping_key")
            .col("id")
            .to_owned();
        manager.create_index(wrapping_key).await
    }
}
