//! Bringing a schema up to date, one replica at a time.

use std::collections::HashSet;

use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use sea_orm_migration::{MigratorTrait, SchemaManager};

use super::Database;
use crate::NotReady;

/// How a database's schema differs from what this version makes, by the names of migrations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaState {
    /// What this version has and the database has not.
    pub missing: Vec<String>,
    /// What the database has from another version.
    pub unknown: Vec<String>,
}

impl Database {
    /// Applies the migrations that are missing. A schema that a newer version has made is left as it is.
    ///
    /// On Postgres all of it, the schema's creation included, is one transaction under an advisory lock: replicas that
    /// start together take turns, and the later ones find nothing to do.
    ///
    /// # Errors
    /// The database's; nothing is applied then.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<(), DbErr> {
        if self.connection.get_database_backend() != DbBackend::Postgres {
            if self.is_current::<M>().await? {
                return Ok(());
            }
            return M::up(&self.connection, None).await;
        }
        if self.is_current::<M>().await? {
            return Ok(());
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

    /// Whether the database answers and has the schema that this version needs.
    ///
    /// # Errors
    /// It does not, in words for an operator.
    pub async fn ready<M: MigratorTrait>(&self) -> Result<(), NotReady> {
        let is_current = self.is_current::<M>().await.map_err(|error| {
            tracing::warn!(%error, service = self.schema, "not ready");
            NotReady("the database does not answer".to_owned())
        })?;
        if is_current {
            Ok(())
        } else {
            Err(NotReady("migrations are missing: run `migrate`".to_owned()))
        }
    }

    /// How the schema differs from what this version makes.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn schema<M: MigratorTrait>(&self) -> Result<SchemaState, DbErr> {
        let applied = self.applied::<M>().await?;
        let ours: Vec<String> =
            M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
        let mut unknown: Vec<String> =
            applied.iter().filter(|name| !ours.contains(name)).cloned().collect();
        unknown.sort_unstable();
        let missing = ours.into_iter().filter(|name| !applied.contains(name)).collect();
        Ok(SchemaState { missing, unknown })
    }

    /// Whether every migration that this version has is applied. A newer version's may be too: they only add, and while it replaces
    /// this one, both run on one schema. `MigratorTrait` takes what it does not know for an error.
    async fn is_current<M: MigratorTrait>(&self) -> Result<bool, DbErr> {
        let applied = self.applied::<M>().await?;
        Ok(M::migrations().iter().all(|migration| applied.contains(migration.name())))
    }

    /// The migrations that are applied, of whichever version.
    async fn applied<M: MigratorTrait>(&self) -> Result<HashSet<String>, DbErr> {
        let table = M::migration_table_name();
        if !SchemaManager::new(&self.connection).has_table(table.to_string()).await? {
            return Ok(HashSet::new());
        }
        let statement = Query::select().column("version").from(table).to_owned();
        let rows = self.connection.query_all(&statement).await?;
        rows.iter().map(|row| row.try_get("", "version")).collect()
    }
}
