//! The schema's history. Additive: expand now, contract in a later release.

use sea_orm_migration::prelude::*;

mod m20261121_000001_create_users;
mod m20261121_000002_create_sessions;
mod m20261121_000003_count_password_changes;
mod m20261121_000004_create_revocations;
mod m20261121_000005_create_audit_log;
mod m20261121_000006_create_access_tokens;
mod m20261121_000007_create_outbox;
mod m20261121_000008_create_second_factors;
mod m20261121_000010_create_rate_buckets;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_create_users::Migration),
            Box::new(m20261121_000002_create_sessions::Migration),
            Box::new(m20261121_000003_count_password_changes::Migration),
            Box::new(m20261121_000004_create_revocations::Migration),
            Box::new(m20261121_000005_create_audit_log::Migration),
            Box::new(m20261121_000006_create_access_tokens::Migration),
            Box::new(m20261121_000007_create_outbox::Migration),
            Box::new(m20261121_000008_create_second_factors::Migration),
            Box::new(m20261121_000010_create_rate_buckets::Migration),
        ]
    }

    fn migration_table_name() -> DynIden {
        "auth_migrations".into_iden()
    }
}
