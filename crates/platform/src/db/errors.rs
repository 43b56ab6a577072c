//! What a database's errors mean.

use common::repositories::StoreError;
use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

/// Whether a statement failed because a row would have stood twice under the index named.
///
/// Postgres tells the index's name, SQLite its columns (`table.a, table.b`).
pub fn is_unique_violation(error: &DbErr, index: &str, columns: &str) -> bool {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(text)) => {
            text.contains(&format!("\"{index}\"")) || text.ends_with(columns)
        }
        _ => false,
    }
}

/// The failure as services see it: whether trying again later may help, and the cause for the log.
pub fn store_error(error: DbErr) -> StoreError {
    let passing = match &error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            is_passing(error)
        }
        _ => false,
    };
    if passing {
        StoreError::Unavailable(Box::new(error))
    } else {
        StoreError::Failed(Box::new(error))
    }
}

fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // Postgres: connection (08), resources (53), cancelled or shut down (57), conflicts of transactions (40).
        // SQLite: busy and its variants (5, 261, 517), full (13).
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            matches!(&*code, "5" | "261" | "517" | "13")
                || (code.len() == 5
                    && ["08", "53", "57", "40"].iter().any(|class| code.starts_with(class)))
        }),
        _ => false,
    }
}
