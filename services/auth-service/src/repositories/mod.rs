//! `common`'s repository traits over SeaORM.

mod audit;
mod entities;
mod purge;
mod revocations;
mod sessions;
mod users;

pub use audit::SqlAudit;
pub use revocations::SqlRevocations;
pub use sessions::SqlSessions;
pub use users::SqlUsers;

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
            Database::connect(&DatabaseSettings::from(&settings).unwrap(), "auth").await.unwrap();
        db.migrate::<Migrator>().await.unwrap();
        Schema { db, _database: database }
    }
}
