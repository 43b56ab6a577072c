use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, binary_null, integer, string, string_null, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let imports = Table::create()
            .table("imports")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(string("status"))
            .col(big_integer("position"))
            .col(big_integer("conversations"))
            .col(big_integer("skipped_conversations"))
            .col(big_integer("messages"))
            .col(big_integer("skipped_messages"))
            .col(big_integer("shortened_messages"))
            .col(text_null("error"))
            .col(integer("attempts"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("ended_at"))
            // What its request was called, and what it asked.
            .col(string_null("key"))
            .col(binary_null("fingerprint"))
            .col(uuid_null("lease_owner"))
            // In microseconds of the database's clock.
            .col(big_integer_null("lease_until"))
            .to_owned();
        manager.create_table(imports).await?;
        let key = Index::create()
            .name("imports_key")
            .table("imports")
            .col("user_id")
            .col("key")
            .unique()
            .to_owned();
        manager.create_index(key).await?;
        let unfinished = Index::create()
            .name("imports_unfinished")
            .table("imports")
            .col("lease_until")
            .and_where(Expr::col("ended_at").is_null())
            .to_owned();
        manager.create_index(unfinished).await?;

        let mut import = ForeignKey::create()
            .name("import_pieces_import")
            .from("import_pieces", "import_id")
            .to("imports", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .to_owned();
        let pieces = Table::create()
            .table("import_pieces")
            .col(uuid("import_id"))
            .col(integer("number"))
            .col(binary("data"))
            .primary_key(Index::create().col("import_id").col("number"))
            .foreign_key(&mut import)
            .to_owned();
        manager.create_table(pieces).await
    }
}
