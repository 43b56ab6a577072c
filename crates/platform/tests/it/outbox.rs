use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use chrono::TimeDelta;
use common::{Ids, SystemEntropy};
use platform::db::Database;
use platform::outbox::{Courier, Outbox, OutboxMessage};
use platform::settings::DatabaseSettings;
use rstest::rstest;
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
use testkit::{Engine, TestDatabase, a_clock, settings};

struct Table;

impl MigrationName for Table {
    fn name(&self) -> &str {
        "outbox"
    }
}

#[async_trait]
impl MigrationTrait for Table {
    async fn up(&self, manager: &SchemaManager) -> Result<(), sea_orm::DbErr> {
        Outbox::create_table(manager).await
    }
}

#[async_trait]
impl MigratorTrait for Table {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Self)]
    }
}

/// A sibling that is there or not, and counts how often it was called.
#[derive(Default)]
struct Sibling {
    is_there: AtomicBool,
    calls: AtomicUsize,
}

#[async_trait]
impl Courier for Sibling {
    async fn deliver(
        &self,
        _: &OutboxMessage,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.is_there.load(Ordering::SeqCst) { Ok(()) } else { Err("not there".into()) }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_sibling_that_was_long_away_is_told_within_half_a_minute(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let settings = DatabaseSettings::from(&settings(&[], &database, &[])).unwrap();
    let db = Database::connect(&settings, "outbox").await.unwrap();
    db.migrate::<Table>().await.unwrap();
    let clock = a_clock();
    let ids = Ids::new(Arc::new(clock.clone()), Arc::new(SystemEntropy));
    let outbox = Outbox::new(db.clone(), ids).with_clock(Arc::new(clock.clone()));
    let sibling = Sibling::default();
    for _ in 0..5 {
        let tx = db.begin_write().await.unwrap();
        outbox.note(&tx, "gone", &"x".into()).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut tries = 0;
    for _ in 0..600 {
        assert_eq!(outbox.deliver_due(&sibling).await.unwrap(), 0);
        let calls = sibling.calls.swap(0, Ordering::SeqCst);
        assert!([0, 5].contains(&calls), "each once, or none: {calls}");
        tries += calls / 5;
        clock.advance(TimeDelta::seconds(1));
    }
    assert!((20..=25).contains(&tries), "in ten minutes {tries} tries");

    sibling.is_there.store(true, Ordering::SeqCst);
    clock.advance(TimeDelta::seconds(30));
    assert_eq!(outbox.deliver_due(&sibling).await.unwrap(), 5);
    clock.advance(TimeDelta::seconds(60));
    assert_eq!(outbox.deliver_due(&sibling).await.unwrap(), 0);
}
