use sea_orm_migration::prelude::*;

use crate::repositories::index_summaries;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        index_summaries(manager.get_connection()).await
    }
}
