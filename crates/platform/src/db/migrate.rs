//! Bringing a schema up to date, one replica at a time.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use sea_orm_migration::MigratorTrait;

use super::Database;
use crate::NotReady;

impl Database {
    /// Applies the migrations that are missing.
    ///
    /// On Postgres all of it, the schema's creation included, is one transaction under an advisory lock: replicas that
    /// start together take turns, and the later ones find nothing to do.
    ///
    /// # Errors
    /// The database's; nothing is applied then.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<(), DbErr> {
        if self.connection.get_database_backend() != DbBackend::Postgres {
            return M::up(&self.connection, None).await;
        }
        let tx = self.begin_write().await?;
        let postgres = |sql: &str, value: String| {
            Statement::from_sql_and_values(DbBackend::Postgres, sql, [value.into()])
        };
        // Building an index may take longer than a statement may otherwise, and so may waiting for another replica.
        tx.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
        let lock = format!("migrate:{}", self.schema);
        tx.execute_raw(postgres("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", lock))
            .await?;
        // Not `IF NOT EXISTS`: a role without the right to create schemas is refused even where the schema is there.
        let found = tx
            .query_one_raw(postgres(
                "SELECT 1 WHERE to_regnamespace($1) IS NOT NULL",
                self.schema.to_owned(),
            ))
            .await?;
        if found.is_none() {
            tx.execute_unprepared(&format!("CREATE SCHEMA {}", self.schema)).await?;
        }
        M::up(&tx, None).await?;
        tx.commit().await
    }

    /// Whether the database answers and has the newest schema.
    ///
    /// # Errors
    /// It does not, in words for an operator.
    pub async fn ready<M: MigratorTrait>(&self) -> Result<(), NotReady> {
        let pending =
            M::get_pending_migrations_read_only(&self.connection).await.map_err(|error| {
                tracing::warn!(%error, service = self.schema, "not ready");
                NotReady("the database does not answer".to_owned())
            })?;
        if pending.is_empty() {
            Ok(())
        } else {
            Err(NotReady("migrations are missing: run `migrate`".to_owned()))
        }
    }
}
