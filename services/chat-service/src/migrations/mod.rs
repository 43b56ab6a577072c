//! The schema's history. Additive: expand now, contract in a later release.

use sea_orm_migration::prelude::*;

mod m20261121_000001_create_conversations;
mod m20261121_000002_create_messages;
mod m20261121_000003_create_tombstones;
mod m20261121_000004_create_preferences;
mod m20261121_000005_index_running_of_user;
mod m20261121_000006_create_daily_usage;
mod m20261121_000007_create_rate_buckets;
mod m20261121_000010_create_data_keys;
mod m20261121_000011_create_api_keys;
mod m20261121_000020_create_usage_entries;
mod m20261121_000021_create_attachments;
mod m20261121_000022_create_load_jobs;
mod m20261121_000030_branch_messages;
mod m20261121_000031_default_conversations;
mod m20261121_000040_create_search;
mod m20261121_000050_summarize_conversations;
mod m20261121_000060_create_idempotency_keys;
mod m20261121_000070_create_shares;
mod m20261121_000080_create_imports;
mod m20261121_000090_search_summaries;
mod m20261121_000100_create_creations;
mod m20261121_000110_index_running_of_maker;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_create_conversations::Migration),
            Box::new(m20261121_000002_create_messages::Migration),
            Box::new(m20261121_000003_create_tombstones::Migration),
            Box::new(m20261121_000004_create_preferences::Migration),
            Box::new(m20261121_000005_index_running_of_user::Migration),
            Box::new(m20261121_000006_create_daily_usage::Migration),
            Box::new(m20261121_000007_create_rate_buckets::Migration),
            Box::new(m20261121_000020_create_usage_entries::Migration),
            Box::new(m20261121_000010_create_data_keys::Migration),
            Box::new(m20261121_000011_create_api_keys::Migration),
            Box::new(m20261121_000021_create_attachments::Migration),
            Box::new(m20261121_000022_create_load_jobs::Migration),
            Box::new(m20261121_000030_branch_messages::Migration),
            Box::new(m20261121_000031_default_conversations::Migration),
            Box::new(m20261121_000040_create_search::Migration),
            Box::new(m20261121_000050_summarize_conversations::Migration),
            Box::new(m20261121_000070_create_shares::Migration),
            Box::new(m20261121_000060_create_idempotency_keys::Migration),
            Box::new(m20261121_000110_index_running_of_maker::Migration),
            Box::new(m20261121_000080_create_imports::Migration),
            Box::new(m20261121_000090_search_summaries::Migration),
            Box::new(m20261121_000100_create_creations::Migration),
        ]
    }

    fn migration_table_name() -> DynIden {
        "chat_migrations".into_iden()
    }
}
