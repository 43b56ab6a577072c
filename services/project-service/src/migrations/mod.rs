//! The schema's history. Additive: expand now, contract in a later release.

use sea_orm_migration::prelude::*;

mod m20261121_000001_create_projects;
mod m20261121_000002_create_prompts;
mod m20261121_000003_create_outbox;
mod m20261121_000004_create_tombstones;
mod m20261121_000005_create_rate_buckets;
mod m20261121_000006_create_creations;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_create_projects::Migration),
            Box::new(m20261121_000002_create_prompts::Migration),
            Box::new(m20261121_000003_create_outbox::Migration),
            Box::new(m20261121_000004_create_tombstones::Migration),
            Box::new(m20261121_000005_create_rate_buckets::Migration),
            Box::new(m20261121_000006_create_creations::Migration),
        ]
    }

    fn migration_table_name() -> DynIden {
        "project_migrations".into_iden()
    }
}
