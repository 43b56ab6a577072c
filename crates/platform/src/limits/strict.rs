//! Buckets in the service's own database.

use std::sync::Arc;

use async_trait::async_trait;
use common::Clock;
use common::repositories::StoreError;
use sea_orm::sea_query::{Expr, ExprTrait, Func, OnConflict, Query, SimpleExpr};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};
use sea_orm_migration::SchemaManager;

use super::{Quota, RateStore, Verdict};
use crate::db::{Database, store_error};

const TABLE: &str = "rate_buckets";

/// Buckets that all replicas share. One statement looks at a bucket and takes from it, on the database's clock, so that
/// together they admit the very calls that one process alone would.
#[derive(Clone)]
pub struct StrictStore {
    db: Database,
    clock: Option<Arc<dyn Clock>>,
}

impl StrictStore {
    /// The buckets in `db`.
    pub fn new(db: Database) -> Self {
        Self { db, clock: None }
    }

    /// The buckets in `db`, on another clock than its own; for tests.
    pub fn with_clock(db: Database, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock: Some(clock) }
    }

    /// Makes the table; for a service's migration. What it makes never changes: a later form is a later migration.
    ///
    /// It is not written to Postgres's log: a crash empties it, and limits start afresh. There is no index but the key's, so
    /// that an update stays on its page.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_table(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let unlogged = match manager.get_database_backend() {
            DbBackend::Postgres => "UNLOGGED",
            _ => "",
        };
        let statement = format!(
            "CREATE {unlogged} TABLE {TABLE} (key varchar NOT NULL PRIMARY KEY, full_at bigint NOT NULL)"
        );
        manager.get_connection().execute_unprepared(&statement).await.map(drop)
    }

    /// Forgets the buckets that are full again, which is what a bucket that nobody knows is; how many there were.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        let statement = Query::delete()
            .from_table(TABLE)
            .and_where(Expr::col("full_at").lt(self.now()))
            .to_owned();
        let done = self.db.connection().execute(&statement).await.map_err(store_error)?;
        Ok(done.rows_affected())
    }

    /// Read anew wherever it stands: on Postgres after a row's lock was waited for.
    fn now(&self) -> SimpleExpr {
        match &self.clock {
            None => self.db.now_micros(),
            Some(clock) => Expr::val(clock.now().timestamp_micros()),
        }
    }

    /// Now and when the bucket will be full, if it admitted the call; if not, nothing was written.
    async fn take(&self, key: &str, quota: Quota) -> Result<Option<(i64, i64)>, DbErr> {
        let known = || Expr::col((TABLE, "full_at"));
        let later = SimpleExpr::from(Func::greatest([known(), self.now()]));
        let statement = Query::insert()
            .into_table(TABLE)
            .columns(["key", "full_at"])
            .values_panic([key.into(), self.now().add(quota.interval())])
            .on_conflict(
                OnConflict::column("key")
                    .value("full_at", later.add(quota.interval()))
                    .action_and_where(known().lte(self.now().add(quota.tolerance())))
                    .to_owned(),
            )
            .returning(Query::returning().exprs([self.now(), known()]))
            .to_owned();
        times(self.db.connection().query_one(&statement).await?)
    }

    /// The same of a bucket that did not.
    async fn look(&self, key: &str) -> Result<Option<(i64, i64)>, DbErr> {
        let statement = Query::select()
            .expr(self.now())
            .column("full_at")
            .from(TABLE)
            .and_where(Expr::col("key").eq(key))
            .to_owned();
        times(self.db.connection().query_one(&statement).await?)
    }
}

#[async_trait]
impl RateStore for StrictStore {
    async fn admit(&self, key: &str, quota: Quota) -> Result<Verdict, StoreError> {
        loop {
            if let Some((now, full_at)) = self.take(key, quota).await.map_err(store_error)? {
                return Ok(quota.admitted(now, full_at));
            }
            if let Some((now, full_at)) = self.look(key).await.map_err(store_error)? {
                return Ok(quota.refused(now, full_at));
            }
            // Full and swept in between: it would be admitted by now.
        }
    }

    async fn put_back(&self, key: &str, quota: Quota) -> Result<(), StoreError> {
        let statement = Query::update()
            .table(TABLE)
            .value("full_at", Expr::col("full_at").sub(quota.interval()))
            .and_where(Expr::col("key").eq(key))
            .to_owned();
        self.db.connection().execute(&statement).await.map(drop).map_err(store_error)
    }
}

fn times(row: Option<QueryResult>) -> Result<Option<(i64, i64)>, DbErr> {
    let times = |row: QueryResult| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    row.map(times).transpose()
}
