use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    binary, boolean, string, string_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
    uuid,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut data_key = ForeignKey::create()
            .name("api_keys_data_key")
            .from("api_keys", "data_key_id")
            .to("data_keys", "id")
            .on_delete(ForeignKeyAction::Restrict)
            .to_owned();
        let api_keys = Table::create()
            .table("api_keys")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(string("provider"))
            .col(uuid("data_key_id"))
            .col(binary("sealed"))
            .col(string_null("last_four"))
            .col(boolean("is_verified"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("last_used_at"))
            .foreign_key(&mut data_key)
            .to_owned();
        manager.create_table(api_keys).await?;
        let one_each = Index::create()
            .name("api_keys_user_provider")
            .table("api_keys")
            .col("user_id")
            .col("provider")
            .unique()
            .to_owned();
        manager.create_index(one_each).await?;

        let events = Table::create()
            .table("key_events")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(string("provider"))
            .col(string("type"))
            .col(timestamp_with_time_zone("at"))
            .to_owned();
        manager.create_table(events).await?;
        for column in ["user_id", "at"] {
            let index = Index::create()
                .name(format!("key_events_{column}"))
                .table("key_events")
                .col(column)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
