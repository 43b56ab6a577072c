use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary, boolean, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let factors = Table::create()
            .table("second_factors")
            .col(uuid("user_id").primary_key())
            .col(binary("sealed"))
            .col(boolean("is_on"))
            .col(big_integer("last_step"))
            .foreign_key(&mut owner("second_factors"))
            .to_owned();
        manager.create_table(factors).await?;
        let codes = Table::create()
            .table("recovery_codes")
            .col(uuid("user_id"))
            .col(binary("hash"))
            .primary_key(Index::create().col("user_id").col("hash"))
            .foreign_key(&mut owner("recovery_codes"))
            .to_owned();
        manager.create_table(codes).await
    }
}

fn owner(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_user"))
        .from(table, "user_id")
        .to("users", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}
