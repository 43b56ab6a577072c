//! Who makes something for an id and who buries it take turns: the contract of the table, on both databases.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chat_service::ChatService;
use chat_service::repositories::TOMBSTONES;
use platform::cli::Service;
use platform::db::Database;
use platform::settings::DatabaseSettings;
use rstest::rstest;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};
use testkit::{Engine, settings};
use tokio::time::timeout;
use uuid::Uuid;

use super::Chat;

const A: Uuid = Uuid::from_u128(0xa);
const B: Uuid = Uuid::from_u128(0xb);

pub async fn connect(chat: &Chat) -> Database {
    let settings = settings(&[ChatService::DEFAULTS], &chat.database, &[]);
    Database::connect(&DatabaseSettings::from(&settings).unwrap(), "chat").await.unwrap()
}

/// Returns once Postgres keeps somebody waiting for a lock on an id. SQLite keeps a writer from even beginning, and does not
/// tell.
async fn somebody_waits(db: &Database) {
    if db.provider() != "postgres" {
        return;
    }
    let sql = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let statement = || Statement::from_string(DbBackend::Postgres, sql);
    let wait =
        async { while db.connection().query_one_raw(statement()).await.unwrap().is_none() {} };
    timeout(Duration::from_secs(10), wait).await.unwrap();
}

async fn buried(tx: &DatabaseTransaction) -> Vec<Uuid> {
    TOMBSTONES.buried(tx, &[B, A]).await.unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_burial_waits_for_what_is_being_made(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let (db, is_buried) = (connect(&chat).await, AtomicBool::new(false));
    let making = db.begin_write().await.unwrap();
    assert!(buried(&making).await.is_empty());
    let bury = async {
        let tx = db.begin_write().await.unwrap();
        TOMBSTONES.bury(&tx, A).await.unwrap();
        is_buried.store(true, Ordering::SeqCst);
        tx.commit().await.unwrap();
    };
    let make = async {
        somebody_waits(&db).await;
        assert!(!is_buried.load(Ordering::SeqCst));
        making.commit().await.unwrap();
    };
    tokio::join!(bury, make);
    assert_eq!(buried(&db.begin_write().await.unwrap()).await, [A]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_burial_sees_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let db = connect(&chat).await;
    let burying = db.begin_write().await.unwrap();
    // Twice does no harm.
    for _ in 0..2 {
        TOMBSTONES.bury(&burying, A).await.unwrap();
    }
    let make = async { buried(&db.begin_write().await.unwrap()).await };
    let bury = async {
        somebody_waits(&db).await;
        burying.commit().await.unwrap();
    };
    assert_eq!(tokio::join!(make, bury).0, [A]);
}
