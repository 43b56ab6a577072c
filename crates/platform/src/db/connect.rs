//! Opening a pool.

use std::time::Duration;

use anyhow::Context as _;
use sea_orm::ConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use secrecy::ExposeSecret;

use super::Database;
use crate::settings::{DatabaseSettings, name_of};

/// Readers beside SQLite's one writer.
const SQLITE_CONNECTIONS: u32 = 4;

/// How long SQLite waits for another writer.
const SQLITE_BUSY: Duration = Duration::from_secs(5);

/// A connection that has idled longer is asked whether it is still there before it is used: after a restart of Postgres
/// it is not. Asking each time would cost a round trip a statement.
const ASK_AFTER_IDLE: Duration = Duration::from_secs(5);

impl Database {
    /// Opens the pool of `service`, whose name is also its schema's.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn connect(
        settings: &DatabaseSettings,
        service: &'static str,
    ) -> anyhow::Result<Self> {
        let url = settings.url.expose_secret().replace("{service}", service);
        let sqlite = url.starts_with("sqlite:");
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(if sqlite { SQLITE_CONNECTIONS } else { settings.max_connections })
            .min_connections(1)
            .acquire_timeout(Duration::from_secs(settings.acquire_seconds))
            .test_before_acquire(false)
            .test_before_acquire_if_idle_for(ASK_AFTER_IDLE)
            .sqlx_logging(false)
            .set_application_name(format!("omnichat-{service}"));
        if sqlite {
            options.map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(SQLITE_BUSY)
            });
        } else {
            options
                .set_schema_search_path(service)
                .statement_timeout(Duration::from_secs(settings.statement_seconds));
        }
        let connection = sea_orm::Database::connect(options).await.with_context(|| {
            format!("{}: the database cannot be reached", name_of("database.url"))
        })?;
        Ok(Self { connection, schema: service })
    }
}
