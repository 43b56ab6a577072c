use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let version = ColumnDef::new("password_version").integer().not_null().default(0).to_owned();
        let users = Table::alter().table("users").add_column(version).to_owned();
        manager.alter_table(users).await?;
        // What is over is looked for by these.
        for (table, key) in [("sessions", "last_seen_at"), ("refresh_tokens", "expires_at")] {
            let index =
                Index::create().name(format!("{table}_{key}")).table(table).col(key).to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
