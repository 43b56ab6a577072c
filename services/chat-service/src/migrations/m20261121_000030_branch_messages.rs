use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, integer, uuid_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            // The first message that was said in its place, if that is another.
            uuid_null("place_id"),
            // How many messages there are from the beginning to it.
            integer("depth").default(0).take(),
            boolean("is_chosen").default(true).take(),
            boolean("on_branch").default(true).take(),
        ];
        for column in columns {
            let table = Table::alter().table("messages").add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        // Until now every message followed the one before it.
        let depths = Query::update().table("messages").value("depth", Expr::col("seq")).to_owned();
        manager.execute(depths).await?;
        let branch = Index::create()
            .name("messages_branch")
            .table("messages")
            .col("conversation_id")
            .col("depth")
            .col("id")
            .and_where(Expr::col("on_branch"))
            .to_owned();
        manager.create_index(branch).await?;
        let place = Index::create()
            .name("messages_place")
            .table("messages")
            .col("place_id")
            .and_where(Expr::col("place_id").is_not_null())
            .to_owned();
        manager.create_index(place).await?;
        // Lists of one model's messages go along the branch.
        let by_model = Index::drop().name("messages_model_seq").table("messages").to_owned();
        manager.drop_index(by_model).await
    }
}
