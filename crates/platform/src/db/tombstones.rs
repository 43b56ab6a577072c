//! The ids of what was deleted, remembered for ever, so that nothing made for it afterwards survives: a write may be on its
//! way while the deletion happens, or come with a token that still works for some seconds.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, Table};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement};
use sea_orm_migration::SchemaManager;
use sea_orm_migration::schema::uuid;
use uuid::Uuid;

/// A table of tombstones.
///
/// Whoever buries and whoever makes something for an id take turns by a lock on the id. Ask for it before any row is locked:
/// then nobody who holds a row waits for a tombstone.
#[derive(Debug, Clone, Copy)]
pub struct Tombstones(pub &'static str);

impl Tombstones {
    /// Makes the table; for a service's migration. What it makes never changes: a later form is a later migration.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_table(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let table = Table::create().table(self.0).col(uuid("id").primary_key()).to_owned();
        manager.create_table(table).await
    }

    /// Remembers that `id` is gone, once whoever is making something for it has ended. Safe to repeat.
    ///
    /// # Errors
    /// The database's.
    pub async fn bury(self, tx: &DatabaseTransaction, id: Uuid) -> Result<(), DbErr> {
        lock(tx, "pg_advisory_xact_lock", &[id]).await?;
        let statement = Query::insert()
            .into_table(self.0)
            .columns(["id"])
            .values_panic([id.into()])
            .on_conflict(OnConflict::column("id").do_nothing().to_owned())
            .to_owned();
        tx.execute(&statement).await.map(drop)
    }

    /// Which of the ids are gone. Those that are not stay so until the transaction ends.
    ///
    /// # Errors
    /// The database's.
    pub async fn buried(self, tx: &DatabaseTransaction, ids: &[Uuid]) -> Result<Vec<Uuid>, DbErr> {
        // A statement of its own: what the next one sees is what stands when it begins, after the wait.
        lock(tx, "pg_advisory_xact_lock_shared", ids).await?;
        let statement = Query::select()
            .column("id")
            .from(self.0)
            .and_where(Expr::col("id").is_in(ids.iter().copied()))
            .to_owned();
        let rows = tx.query_all(&statement).await?;
        rows.iter().map(|row| row.try_get("", "id")).collect()
    }
}

/// Takes a lock of Postgres on each id, in one order, so that no two can wait for each other. A transaction that writes
/// SQLite is alone in any case.
async fn lock(tx: &DatabaseTransaction, function: &str, ids: &[Uuid]) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres || ids.is_empty() {
        return Ok(());
    }
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    // The schema is part of the name: locks are the whole database's, and siblings may share one.
    let locks: Vec<String> = (1..=ids.len())
        .map(|n| format!("{function}(hashtextextended(current_schema() || ${n}, 0))"))
        .collect();
    let sql = format!("SELECT {}", locks.join(", "));
    let names = ids.iter().map(|id| format!(":buried:{id}").into());
    tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, names)).await.map(drop)
}
