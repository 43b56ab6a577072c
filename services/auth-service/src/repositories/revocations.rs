use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use common::domain::revocation::{Revocation, RevocationCursor};
use common::repositories::{RevocationRepository, StoreError};
use platform::db::{Database, store_error};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, Order, QueryFilter,
    QueryOrder, QuerySelect, Select,
};

use super::entities::revocation;
use super::purge::purge;

/// How long a transaction may take to commit what it has numbered.
const OVERLAP: TimeDelta = TimeDelta::seconds(10);
/// So many rows a statement that its values fit on both engines.
const ROWS: usize = 1_000;

/// Revocations in the service's database.
pub struct SqlRevocations {
    db: Database,
}

impl SqlRevocations {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl RevocationRepository for SqlRevocations {
    async fn after(
        &self,
        cursor: RevocationCursor,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<(Vec<Revocation>, RevocationCursor), StoreError> {
        let some = |rows: Select<revocation::Entity>, order: Order| {
            rows.filter(revocation::Column::Until.gt(now.timestamp_micros()))
                .order_by(revocation::Column::Id, order)
                .limit(u64::from(limit))
                .all(self.db.connection())
        };
        let find = revocation::Entity::find;
        let new = find().filter(revocation::Column::Id.gt(cursor.number));
        let new = some(new, Order::Asc).await.map_err(store_error)?;
        // Apart from the new ones, so that however many there are the cursor moves on.
        let again = find()
            .filter(revocation::Column::Id.lte(cursor.number))
            .filter(revocation::Column::CreatedAt.gt(cursor.written_at - micros_of(OVERLAP)));
        let again = some(again, Order::Desc).await.map_err(store_error)?;
        let cursor = new
            .last()
            .map_or(cursor, |row| RevocationCursor { number: row.id, written_at: row.created_at });
        Ok((again.into_iter().chain(new).map(Revocation::from).collect(), cursor))
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let over = || revocation::Column::Until.lte(now.timestamp_micros());
        purge::<revocation::Entity>(&self.db, revocation::Column::Id, over).await
    }
}

/// Writes revocations, in the transaction that makes them.
pub async fn announce(
    db: &Database,
    tx: &DatabaseTransaction,
    ended: &[Revocation],
) -> Result<(), DbErr> {
    for some in ended.chunks(ROWS) {
        let mut insert = Query::insert();
        insert.into_table(revocation::Entity).columns([
            revocation::Column::SessionId,
            revocation::Column::Until,
            revocation::Column::CreatedAt,
        ]);
        for revocation in some {
            insert.values_panic([
                revocation.session.uuid().into(),
                revocation.until.timestamp_micros().into(),
                db.now_micros(),
            ]);
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

fn micros_of(span: TimeDelta) -> i64 {
    span.num_microseconds().unwrap_or(i64::MAX)
}

impl From<revocation::Model> for Revocation {
    fn from(row: revocation::Model) -> Self {
        let until = DateTime::from_timestamp_micros(row.until).unwrap_or(DateTime::<Utc>::MAX_UTC);
        Self { session: row.session_id.into(), until }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use common::Clock;
    use rstest::rstest;
    use testkit::{Engine, a_clock};
    use uuid::Uuid;

    use super::super::contract::schema;
    use super::*;

    fn revocations_of(
        numbers: impl IntoIterator<Item = u128>,
        until: DateTime<Utc>,
    ) -> Vec<Revocation> {
        let revocation = |number| Revocation { session: Uuid::from_u128(number).into(), until };
        numbers.into_iter().map(revocation).collect()
    }

    fn told((revocations, _): &(Vec<Revocation>, RevocationCursor)) -> BTreeSet<u128> {
        revocations.iter().map(|revocation| revocation.session.uuid().as_u128()).collect()
    }

    #[rstest]
    #[tokio::test]
    async fn they_are_read_page_by_page_and_the_last_ones_again(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let schema = schema(engine).await;
        let revocations = SqlRevocations::new(schema.db.clone());
        let now = a_clock().now();
        let until = now + TimeDelta::minutes(15);
        let start = RevocationCursor::default();
        let empty = revocations.after(start, now, 10).await.unwrap();
        assert_eq!(empty, (Vec::new(), start));

        let tx = schema.db.begin_write().await.unwrap();
        announce(&schema.db, &tx, &revocations_of(0..2_500, until)).await.unwrap();
        tx.commit().await.unwrap();
        let (mut seen, mut cursor) = (BTreeSet::new(), start);
        loop {
            let page = revocations.after(cursor, now, 1_000).await.unwrap();
            assert!(page.0.iter().all(|revocation| revocation.until == until));
            seen.extend(told(&page));
            if page.1 == cursor {
                break;
            }
            cursor = page.1;
        }
        assert_eq!(seen, (0..2_500).collect());

        // What was written long ago is not told again, what was written just now is.
        let age = "UPDATE revocations SET created_at = created_at - 10000001 WHERE id < 2500";
        schema.db.connection().execute_unprepared(age).await.unwrap();
        assert_eq!(told(&revocations.after(cursor, now, 1_000).await.unwrap()), [2_499].into());
        assert_eq!(revocations.after(cursor, until, 1_000).await.unwrap().0, []);
    }

    #[rstest]
    #[tokio::test]
    async fn a_row_of_a_lower_number_may_be_committed_later() {
        let schema = schema(Engine::Postgres).await;
        let revocations = SqlRevocations::new(schema.db.clone());
        let now = a_clock().now();
        let until = now + TimeDelta::minutes(15);
        let (slow, quick) =
            (schema.db.begin_write().await.unwrap(), schema.db.begin_write().await.unwrap());
        announce(&schema.db, &slow, &revocations_of([1], until)).await.unwrap();
        announce(&schema.db, &quick, &revocations_of([2], until)).await.unwrap();
        quick.commit().await.unwrap();
        let first = revocations.after(RevocationCursor::default(), now, 10).await.unwrap();
        assert_eq!(told(&first), [2].into());
        slow.commit().await.unwrap();
        assert_eq!(told(&revocations.after(first.1, now, 10).await.unwrap()), [1, 2].into());
    }

    #[rstest]
    #[tokio::test]
    async fn what_does_not_matter_any_more_is_purged(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let schema = schema(engine).await;
        let revocations = SqlRevocations::new(schema.db.clone());
        let now = a_clock().now();
        let tx = schema.db.begin_write().await.unwrap();
        announce(&schema.db, &tx, &revocations_of(0..1_100, now)).await.unwrap();
        announce(&schema.db, &tx, &revocations_of([7], now + TimeDelta::microseconds(1)))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(revocations.purge(now).await.unwrap(), 1_100);
        let left = revocations.after(RevocationCursor::default(), now, 10).await.unwrap();
        assert_eq!(told(&left), [7].into());
    }
}
