use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer, string, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            text_null("summary"),
            // The last message that it covers.
            uuid_null("summary_through"),
            // Whether it covers only what was said with the model.
            boolean("summary_is_own").default(false).take(),
            timestamp_with_time_zone_null("summary_updated_at"),
        ];
        for column in columns {
            let table = Table::alter().table("model_contexts").add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        let errands = Table::create()
            .table("errands")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(uuid("conversation_id"))
            .col(string("model"))
            .col(string("kind"))
            .col(integer("attempts"))
            .col(timestamp_with_time_zone("created_at"))
            .col(uuid_null("lease_owner"))
            // When it may be taken up, in microseconds of the database's clock.
            .col(big_integer("lease_until"))
            .foreign_key(
                ForeignKey::create()
                    .name("errands_conversation")
                    .from("errands", "conversation_id")
                    .to("conversations", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(errands).await?;
        let one_of_each = Index::create()
            .name("errands_one_of_each")
            .table("errands")
            .col("conversation_id")
            .col("model")
            .col("kind")
            .unique()
            .to_owned();
        manager.create_index(one_of_each).await?;
        let waiting =
            Index::create().name("errands_waiting").table("errands").col("lease_until").to_owned();
        manager.create_index(waiting).await
    }
}
