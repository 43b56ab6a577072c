use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::boolean;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_default = boolean("is_default").default(false).take();
        let table = Table::alter().table("conversations").add_column(is_default).to_owned();
        manager.alter_table(table).await?;
        let one_default = Index::create()
            .name("conversations_one_default")
            .table("conversations")
            .col("user_id")
            .col("project_id")
            .unique()
            .and_where(Expr::col("is_default"))
            .to_owned();
        manager.create_index(one_default).await
    }
}
