//! A copy of the primary that lists may be read from, as soon as it has all that was acknowledged before.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use sea_orm::{ConnectOptions, DatabaseConnection, DbErr};
use tokio::time::{Instant, sleep};

use super::inspect::row;
use crate::breaker::{Breaker, BreakerSettings};

/// How far the primary has written its log down: every commit that was acknowledged is before it.
const WRITTEN: &str = "SELECT pg_current_wal_flush_lsn()::text AS written";
/// Whether that has arrived. A replica that was made a primary has gone its own way.
const ARRIVED: &str =
    "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= $1::pg_lsn AS arrived";
/// Which data a server has, or a copy of which.
const IDENTITY: &str = "SELECT system_identifier FROM pg_control_system()";

/// How long, and how often, it is waited for.
const PATIENCE: Duration = Duration::from_millis(50);
const LOOK: Duration = Duration::from_millis(2);
/// How long a connection may take to be had: the primary has others.
const ACQUIRE: Duration = Duration::from_millis(250);
/// After so many failures in a row it is left alone for so many seconds.
const FAILURES: NonZeroU32 = NonZeroU32::new(3).unwrap();
const REST: NonZeroU64 = NonZeroU64::new(5).unwrap();

/// A replica in streaming replication (PostgreSQL, "Log-Shipping Standby Servers"): one server.
#[derive(Debug, Clone)]
pub(super) struct Replica {
    connection: DatabaseConnection,
    breaker: Breaker,
}

impl Replica {
    /// The replica of `primary` at an address, there or not.
    ///
    /// # Errors
    /// What is there has other data.
    pub(super) async fn of(
        primary: &DatabaseConnection,
        mut options: ConnectOptions,
    ) -> anyhow::Result<Self> {
        options.min_connections(0).connect_lazy(true).acquire_timeout(ACQUIRE);
        let connection = sea_orm::Database::connect(options).await?;
        let ours: i64 = row(primary, IDENTITY, []).await?.try_get("", "system_identifier")?;
        match row(&connection, IDENTITY, []).await {
            Ok(row) => {
                let theirs: i64 = row.try_get("", "system_identifier")?;
                anyhow::ensure!(
                    theirs == ours,
                    "it is no replica of the database: its data is another's"
                );
            }
            Err(error) => {
                tracing::warn!(%error, "the replica does not answer; lists are read from the primary until it does");
            }
        }
        let breaker = Breaker::new(BreakerSettings::in_a_row(FAILURES, REST));
        Ok(Self { connection, breaker })
    }

    /// Its connection, if all that the primary has acknowledged by now is there, or is in a moment.
    pub(super) async fn caught_up(
        &self,
        primary: &DatabaseConnection,
    ) -> Option<&DatabaseConnection> {
        let permit = self.breaker.admit().ok()?;
        // If it is the primary that does not answer, whoever reads from it is told.
        let written = written(primary).await.ok()?;
        match self.has_all_until(&written).await {
            Ok(true) => {
                permit.succeeded();
                return Some(&self.connection);
            }
            Ok(false) => tracing::debug!("the replica is behind"),
            Err(error) => tracing::warn!(%error, "the replica does not answer"),
        }
        permit.failed();
        None
    }

    async fn has_all_until(&self, written: &str) -> Result<bool, DbErr> {
        let until = Instant::now() + PATIENCE;
        loop {
            let arrived = row(&self.connection, ARRIVED, [written.into()]).await?;
            if arrived.try_get("", "arrived")? {
                return Ok(true);
            }
            if Instant::now() >= until {
                return Ok(false);
            }
            sleep(LOOK).await;
        }
    }

    pub(super) async fn close(&self) -> Result<(), DbErr> {
        self.connection.close_by_ref().await
    }
}

/// How far the log of the primary is written.
async fn written(primary: &DatabaseConnection) -> Result<String, DbErr> {
    row(primary, WRITTEN, []).await?.try_get("", "written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_primary_that_does_not_answer_is_not_held_against_its_replica() {
        let primary = sea_orm::Database::connect("sqlite::memory:").await.unwrap();
        primary.close_by_ref().await.unwrap();
        let breaker = Breaker::new(BreakerSettings::in_a_row(FAILURES, REST));
        let replica = Replica { connection: primary.clone(), breaker };
        for _ in 0..=FAILURES.get() {
            assert!(replica.caught_up(&primary).await.is_none());
        }
        assert!(replica.breaker.admit().is_ok());
    }
}
