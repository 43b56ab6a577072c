//! `common`'s repository traits over SeaORM.

mod api_keys;
mod attachments;
mod branches;
mod conversations;
mod data_keys;
mod entities;
mod errands;
mod idempotency;
mod imports;
mod leases;
mod load_jobs;
mod messages;
mod preferences;
mod replies;
mod search;
mod shares;
mod subjects;
mod summaries;
mod usage;

pub use api_keys::SqlApiKeys;
pub use attachments::SqlAttachments;
pub use conversations::{CONVERSATION_COUNTS, SqlConversations, TOMBSTONES};
pub use data_keys::SqlDataKeys;
pub use errands::SqlErrands;
pub use idempotency::SqlIdempotency;
pub use imports::SqlImports;
pub use load_jobs::SqlLoadJobs;
pub use messages::SqlMessages;
pub use preferences::SqlPreferences;
pub use replies::SqlReplies;
pub use search::{index_all, index_summaries};
pub use shares::SqlShares;
pub use subjects::SqlSubjects;
pub use summaries::SqlSummaries;
pub use usage::SqlUsage;

#[cfg(test)]
mod contract {
    //! What the contract tests stand on: the schema, in a database of either engine.

    use platform::db::Database;
    use platform::settings::DatabaseSettings;
    use testkit::{Engine, TestDatabase};

    use crate::migrations::Migrator;

    pub struct Schema {
        pub db: Database,
        _database: TestDatabase,
    }

    pub async fn schema(engine: Engine) -> Schema {
        let database = TestDatabase::new(engine).await;
        let settings = testkit::settings(&[], &database, &[]);
        let db =
            Database::connect(&DatabaseSettings::from(&settings).unwrap(), "chat").await.unwrap();
        db.migrate::<Migrator>().await.unwrap();
        Schema { db, _database: database }
    }
}
