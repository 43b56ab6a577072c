//! `common`'s repository traits over SeaORM.

mod audit;
mod entities;
mod purge;
mod revocations;
mod second_factors;
mod sessions;
mod tokens;
mod users;

pub use audit::SqlAudit;
pub use revocations::SqlRevocations;
pub use second_factors::SqlSecondFactors;
pub use sessions::SqlSessions;
pub use tokens::SqlTokens;
pub use users::{ACCOUNT_DELETED_CHAT, ACCOUNT_DELETED_PROJECTS, SqlUsers};

#[cfg(test)]
mod contract {
    //! What the contract tests stand on: the schema, in a database of either engine.

    use std::sync::Arc;

    use common::domain::user::User;
    use common::{Clock, Ids, SystemEntropy};
    use platform::db::Database;
    use platform::outbox::Outbox;
    use platform::settings::DatabaseSettings;
    use sea_orm::ConnectionTrait;
    use testkit::{Engine, TestDatabase, a_clock};
    use uuid::Uuid;

    use super::SqlUsers;
    use crate::migrations::Migrator;

    pub struct Schema {
        pub db: Database,
        _database: TestDatabase,
    }

    impl Schema {
        pub fn users(&self) -> SqlUsers {
            let ids = Ids::new(Arc::new(a_clock()), Arc::new(SystemEntropy));
            SqlUsers::new(self.db.clone(), Outbox::new(self.db.clone(), ids))
        }

        pub async fn sql(&self, statement: &str) {
            self.db.connection().execute_unprepared(statement).await.unwrap();
        }
    }

    pub fn a_user(number: u128, email: &str) -> User {
        User {
            id: Uuid::from_u128(number).into(),
            email: email.to_owned(),
            display_name: Some("Ada".to_owned()),
            password_hash: "old".to_owned(),
            password_version: 0,
            is_active: true,
            created_at: a_clock().now(),
        }
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
