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
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_passing_code(&code)),
        _ => false,
    }
}

fn is_passing_code(code: &str) -> bool {
    if code.len() == 5 {
        // Postgres: connection (08), resources (53), cancelled or shut down (57), conflicts of transactions (40), and a
        // server that only reads, as the old one does during a failover.
        return code == "25006"
            || ["08", "53", "57", "40"].iter().any(|class| code.starts_with(class));
    }
    // SQLite, whose extended codes keep the primary one in the lowest byte: busy, locked, read-only, I/O error, full.
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        for passing in ["57P01", "53300", "40P01", "25006", "5", "517", "778", "13"] {
            assert!(is_passing_code(passing), "{passing}");
        }
        for lasting in ["23505", "42P01", "22021", "25001", "1", "19", "2067"] {
            assert!(!is_passing_code(lasting), "{lasting}");
        }
    }
}
