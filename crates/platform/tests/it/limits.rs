use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use common::{Clock as _, ManualClock};
use futures_util::future::join_all;
use platform::Instance;
use platform::db::Database;
use platform::limits::{Limits, LocalStore, Quota, RateStore, StrictStore, Subject, Verdict};
use platform::settings::DatabaseSettings;
use rstest::rstest;
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
use testkit::{Engine, TestDatabase, a_clock, settings};
use uuid::Uuid;

struct Buckets;

impl MigrationName for Buckets {
    fn name(&self) -> &str {
        "buckets"
    }
}

#[async_trait]
impl MigrationTrait for Buckets {
    async fn up(&self, manager: &SchemaManager) -> Result<(), sea_orm::DbErr> {
        StrictStore::create_table(manager).await
    }
}

#[async_trait]
impl MigratorTrait for Buckets {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Self)]
    }
}

async fn connect(database: &TestDatabase) -> Database {
    let settings = DatabaseSettings::from(&settings(&[], database, &[])).unwrap();
    Database::connect(&settings, "limits").await.unwrap()
}

async fn migrated(engine: Engine) -> (TestDatabase, Database) {
    let database = TestDatabase::new(engine).await;
    let db = connect(&database).await;
    db.migrate::<Buckets>().await.unwrap();
    (database, db)
}

/// A store in the process, or in a database.
async fn a_store(
    engine: Option<Engine>,
    clock: &ManualClock,
) -> (Box<dyn RateStore>, Option<TestDatabase>) {
    let clock = Arc::new(clock.clone());
    let Some(engine) = engine else { return (Box::new(LocalStore::new(clock)), None) };
    let (database, db) = migrated(engine).await;
    (Box::new(StrictStore::with_clock(db, clock)), Some(database))
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_emptied_at_once_and_refilled_by_and_by(
    #[values(None, Some(Engine::Sqlite), Some(Engine::Postgres))] engine: Option<Engine>,
) {
    let clock = a_clock();
    let (store, _database) = a_store(engine, &clock).await;
    let quota = Quota::per_minute(5);
    let admit = async || store.admit("log_in:a:192.0.2.1", quota).await.unwrap();
    let start = clock.now();
    let seconds = Duration::from_secs;

    for taken in 1..=5 {
        let expected = Verdict {
            allowed: true,
            quota,
            remaining: 5 - taken,
            reset_at: start + TimeDelta::seconds(12) * i32::try_from(taken).unwrap(),
            retry_after: Duration::ZERO,
        };
        assert_eq!(admit().await, expected);
    }
    let refused = Verdict {
        allowed: false,
        quota,
        remaining: 0,
        reset_at: start + TimeDelta::seconds(60),
        retry_after: seconds(12),
    };
    assert_eq!(admit().await, refused);
    assert!(store.admit("log_in:a:192.0.2.2", quota).await.unwrap().allowed, "another's bucket");

    clock.advance(TimeDelta::milliseconds(11_500));
    assert_eq!(admit().await, Verdict { retry_after: Duration::from_millis(500), ..refused });
    clock.advance(TimeDelta::milliseconds(500));
    let again = admit().await;
    assert!(again.allowed, "what was told to wait for has come");
    assert_eq!((again.remaining, again.reset_at), (0, start + TimeDelta::seconds(72)));
    assert!(!admit().await.allowed);

    clock.advance(TimeDelta::seconds(30));
    assert_eq!(admit().await.remaining, 1, "two and a half were back, of which one is taken");
    clock.advance(TimeDelta::hours(1));
    let rested = admit().await;
    assert_eq!(rested.remaining, 4, "it is never more than full");
    assert_eq!(rested.reset_at, clock.now() + TimeDelta::seconds(12));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn replicas_together_admit_what_one_would(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    const TASKS: usize = 25;
    const CALLS: usize = 8;
    let (database, db) = migrated(engine).await;
    let clock = a_clock();
    let replicas = join_all(
        [connect(&database).await, connect(&database).await, connect(&database).await, db]
            .map(async |db| StrictStore::with_clock(db, Arc::new(clock.clone()))),
    )
    .await;
    let tasks = replicas.iter().flat_map(|store| std::iter::repeat_n(store, TASKS)).map(
        async |store: &StrictStore| {
            let mut remaining = Vec::new();
            for _ in 0..CALLS {
                let verdict =
                    store.admit("log_in:a:192.0.2.1", Quota::per_minute(20)).await.unwrap();
                if verdict.allowed {
                    remaining.push(verdict.remaining);
                }
            }
            remaining
        },
    );
    let admitted: Vec<u32> = join_all(tasks).await.concat();
    assert_eq!(admitted.len(), 20);
    let each: BTreeSet<u32> = admitted.into_iter().collect();
    assert_eq!(each, (0..20).collect(), "each was told something else");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_databases_own_clock_is_the_machines(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (_database, db) = migrated(engine).await;
    let store = StrictStore::new(db);
    let before = common::SystemClock.now();
    let verdict = store.admit("k", Quota::per_minute(1)).await.unwrap();
    assert!(verdict.allowed && (verdict.reset_at - before).num_seconds().abs_diff(60) <= 2);
    let refused = store.admit("k", Quota::per_minute(1)).await.unwrap();
    assert!(!refused.allowed && refused.reset_at == verdict.reset_at);
    assert!(refused.retry_after > Duration::from_secs(50), "{refused:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn buckets_that_are_full_again_are_swept(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    use sea_orm::ConnectionTrait as _;

    let (_database, db) = migrated(engine).await;
    let clock = a_clock();
    let store = StrictStore::with_clock(db.clone(), Arc::new(clock.clone()));
    let full_at = clock.now().timestamp_micros() + 60_000_000;
    let many = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
         INSERT INTO rate_buckets SELECT 'log_in:a:' || i, {full_at} FROM n"
    );
    db.connection().execute_unprepared(&many).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 0);
    clock.advance(TimeDelta::seconds(61));
    let quota = Quota::per_minute(1);
    store.admit("log_in:a:1", quota).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 99_999);
    assert!(!store.admit("log_in:a:1", quota).await.unwrap().allowed, "the one in use stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_has_the_limit_that_the_settings_say() {
    let (database, db) = migrated(Engine::Sqlite).await;
    let user = Subject::User(Uuid::from_u128(1).into());
    let start = |more: &[(&str, &str)]| {
        let settings = settings(&[], &database, more);
        let instance = Instance::new(&settings).unwrap();
        Limits::new(&settings, instance.clock.clone(), Some(StrictStore::new(db.clone()))).unwrap()
    };
    let enabled = ("OMNICHAT__RATE_LIMITS__ENABLED", "true");
    let limits = start(&[enabled, ("OMNICHAT__RATE_LIMITS__GET_HEALTH", "1")]);
    for exact in [false, true] {
        let mut allowed = Vec::new();
        for _ in 0..2 {
            allowed.push(limits.check("get_health", exact, user).await.unwrap().unwrap().allowed);
        }
        assert_eq!(allowed, [true, false], "each store has buckets of its own");
    }
    assert!(limits.check("get_liveness", true, user).await.unwrap().is_none());
    let quota = Quota::per_minute(1);
    assert!(limits.check_key("password:ada", quota).await.unwrap().unwrap().allowed);
    assert!(!start(&[enabled]).check_key("password:ada", quota).await.unwrap().unwrap().allowed);

    let off = start(&[]);
    assert!(off.check("get_health", true, user).await.unwrap().is_none());
    assert!(off.check_key("password:ada", quota).await.unwrap().is_none());

    db.close().await.unwrap();
    assert!(limits.check("get_health", true, user).await.is_err(), "nobody knows");
    assert!(limits.check("get_health", false, user).await.is_ok());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_back_can_be_taken_again(
    #[values(None, Some(Engine::Sqlite), Some(Engine::Postgres))] engine: Option<Engine>,
) {
    let clock = a_clock();
    let (store, _database) = a_store(engine, &clock).await;
    let quota = Quota::per_minute(3);
    store.put_back("nobody's", quota).await.unwrap();
    for _ in 0..9 {
        assert!(store.admit("k", quota).await.unwrap().allowed);
        store.put_back("k", quota).await.unwrap();
    }
    for left in [2, 1, 0] {
        assert_eq!(store.admit("k", quota).await.unwrap().remaining, left);
    }
    assert!(!store.admit("k", quota).await.unwrap().allowed);
    store.put_back("k", quota).await.unwrap();
    assert!(store.admit("k", quota).await.unwrap().allowed);
    assert!(!store.admit("k", quota).await.unwrap().allowed);
}
