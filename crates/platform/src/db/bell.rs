//! A call from one process to the others over the database that they share.

use std::future::pending;
use std::time::Duration;

use sea_orm::sqlx::PgPool;
use sea_orm::sqlx::postgres::{PgListener, PgPoolOptions};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use tokio::sync::Mutex;
use tokio::time::sleep;

use super::Database;

/// How long after a failure to listen again.
const AGAIN: Duration = Duration::from_secs(1);

/// A bell that every process on the same Postgres hears, by its `NOTIFY`. Rung after a change that others should see soon.
///
/// A ring can be missed: while the connection is gone, or behind a pooler that hands connections round. Who waits for it
/// looks now and then anyway.
pub struct Bell {
    database: Database,
    /// Carries the schema: notifications know of none.
    channel: String,
    listener: Mutex<Option<PgListener>>,
}

impl Bell {
    /// The bell of this name.
    pub fn new(database: Database, name: &str) -> Self {
        let channel = format!("{}_{name}", database.schema);
        Self { database, channel, listener: Mutex::default() }
    }

    /// Rings it. One process alone, on SQLite, has nobody to call.
    ///
    /// # Errors
    /// The database's.
    pub async fn ring(&self) -> Result<(), DbErr> {
        let connection = self.database.connection();
        if connection.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let ring = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "SELECT pg_notify($1, '')",
            [self.channel.as_str().into()],
        );
        connection.execute_raw(ring).await.map(drop)
    }

    /// Waits until it is rung, or may have been rung unheard. For one at a time.
    pub async fn heard(&self) {
        if self.database.connection().get_database_backend() != DbBackend::Postgres {
            return pending().await;
        }
        let mut listener = self.listener.lock().await;
        loop {
            let outcome = match listener.as_mut() {
                // Whether rung or reconnected, there may be something to see.
                Some(open) => open.try_recv().await.map(drop),
                None => self.listen().await.map(|open| *listener = Some(open)),
            };
            let Err(error) = outcome else { return };
            tracing::warn!(error = &error as &dyn std::error::Error, bell = %self.channel, "not heard for now");
            *listener = None;
            sleep(AGAIN).await;
        }
    }

    /// A connection of its own, for it is never given back.
    async fn listen(&self) -> Result<PgListener, sqlx::Error> {
        let options = self.database.connection().get_postgres_connection_pool().connect_options();
        let pool: PgPool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with((*options).clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(&self.channel).await?;
        Ok(listener)
    }
}
