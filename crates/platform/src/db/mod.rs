//! Databases: one code base on Postgres and SQLite.
//!
//! This is the only place that knows which of the two it talks to. Each service has a schema of its own, chosen by the
//! search path (Postgres) or a file of its own (SQLite), so that entities carry no schema's name and run on both.

mod bell;
mod connect;
mod counts;
mod creations;
mod errors;
mod inspect;
mod keyset;
mod migrate;
mod replica;
mod tombstones;
mod writes;

use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

pub use bell::Bell;
pub use counts::Counts;
pub use creations::Creations;
pub use errors::{is_unique_violation, store_error};
pub use inspect::{Encryption, Inspection};
pub use keyset::{Keyset, contains, micros};
pub use migrate::SchemaState;
pub use tombstones::Tombstones;
pub use writes::Writes;

use self::replica::Replica;

/// A service's database.
#[derive(Debug, Clone)]
pub struct Database {
    connection: DatabaseConnection,
    replica: Option<Replica>,
    schema: &'static str,
}

impl Database {
    /// For single statements: each takes a connection from the pool and gives it back.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// For lists: a replica, where there is one that has all that was acknowledged before; else as
    /// [`connection`](Self::connection).
    pub async fn reader(&self) -> &DatabaseConnection {
        let replica = match &self.replica {
            Some(replica) => replica.caught_up(&self.connection).await,
            None => None,
        };
        replica.unwrap_or(&self.connection)
    }

    /// Whether lists are read from a replica now; `None`: there is none.
    pub async fn is_read_from_replica(&self) -> Option<bool> {
        let replica = self.replica.as_ref()?;
        Some(replica.caught_up(&self.connection).await.is_some())
    }

    /// Begins a transaction that will write. Dropping it rolls it back.
    ///
    /// SQLite takes its write lock at once: a transaction that first read and then wrote could fail with "database is
    /// locked" at any moment. While it is open use it alone: with a small pool, asking for a second connection would wait
    /// for itself.
    ///
    /// # Errors
    /// No connection could be had.
    pub async fn begin_write(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.connection.begin_with_options(options).await
    }

    /// For writes that go there together.
    pub fn writes(&self) -> Writes {
        Writes::new(self.connection.get_database_backend())
    }

    /// The database's clock, in microseconds since 1970, as an expression: the one clock that all replicas share.
    pub fn now_micros(&self) -> SimpleExpr {
        Expr::cust(match self.connection.get_database_backend() {
            DbBackend::Postgres => "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
            _ => "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
        })
    }

    /// So long from now, by the same clock.
    pub fn after(&self, pause: Duration) -> SimpleExpr {
        self.now_micros().add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX / 2))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.connection.ping().await
    }

    /// `postgres` or `sqlite`.
    pub fn provider(&self) -> &'static str {
        match self.connection.get_database_backend() {
            DbBackend::Postgres => "postgres",
            _ => "sqlite",
        }
    }

    /// How many connections the pool has, and how many of them wait for work.
    pub(crate) fn connections(&self) -> (u32, u32) {
        let count = |idle: usize| u32::try_from(idle).unwrap_or(u32::MAX);
        match self.connection.get_database_backend() {
            DbBackend::Postgres => {
                let pool = self.connection.get_postgres_connection_pool();
                (pool.size(), count(pool.num_idle()))
            }
            _ => {
                let pool = self.connection.get_sqlite_connection_pool();
                (pool.size(), count(pool.num_idle()))
            }
        }
    }

    /// Closes every connection.
    ///
    /// # Errors
    /// The driver's.
    pub async fn close(&self) -> Result<(), DbErr> {
        if let Some(replica) = &self.replica {
            replica.close().await?;
        }
        self.connection.close_by_ref().await
    }
}
