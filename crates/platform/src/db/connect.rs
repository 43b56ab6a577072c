//! Opening a pool.

use std::time::Duration;

use anyhow::Context as _;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, DbErr};
use secrecy::ExposeSecret;

use super::Database;
use super::replica::Replica;
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
        let connection = sea_orm::Database::connect(options(url, settings, service)).await;
        let connection = connection.map_err(|error| {
            let advice = advice(&error).map(|advice| format!(": {advice}")).unwrap_or_default();
            let name = name_of("database.url");
            anyhow::Error::new(error)
                .context(format!("{name}: the database cannot be reached{advice}"))
        })?;
        let replica = match settings.replica() {
            Some(url) => {
                let url = url.expose_secret().replace("{service}", service);
                let replica = Replica::of(&connection, options(url, settings, service)).await;
                Some(replica.with_context(|| name_of("database.read_url"))?)
            }
            None => None,
        };
        Ok(Self { connection, replica, schema: service })
    }
}

fn options(url: String, settings: &DatabaseSettings, service: &'static str) -> ConnectOptions {
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
    options
}

/// What to do about TLS that does not come about.
fn advice(error: &DbErr) -> Option<&'static str> {
    // The kind of a certificate's fault is told in words alone.
    let text = error.to_string();
    let says = |words: &str| text.contains(words);
    if says("does not support TLS") {
        Some("it does not speak TLS; turn that on there, or choose another `sslmode`")
    } else if says("UnknownIssuer") || says("BadSignature") {
        Some(
            "nobody known here has signed its certificate; name the file of who has as `sslrootcert=`",
        )
    } else if says("not valid for name") || says("NotValidForName") {
        Some("its certificate is for another name; use that name in the address")
    } else if says("certificate expired") || says("Expired") {
        Some("its certificate has expired; it needs a new one")
    } else {
        None
    }
}
