use sea_orm_migration::prelude::*;

use crate::repositories::TOMBSTONES;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        TOMBSTONES.create_table(manager).await
    }
}
