//! A replica that lists are read from.

use std::time::Duration;

use platform::db::Database;
use platform::settings::DatabaseSettings;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use testkit::{Engine, PostgresServer, Stop, TestDatabase, settings};

/// A server, and a replica of it.
struct Pair {
    primary: PostgresServer,
    replica: PostgresServer,
}

async fn pair() -> Pair {
    let start = || {
        let primary = PostgresServer::new();
        Pair { replica: primary.replica(), primary }
    };
    tokio::task::spawn_blocking(start).await.unwrap()
}

async fn connect(primary: &str, replica: &str) -> anyhow::Result<Database> {
    let unused = TestDatabase::new(Engine::Sqlite).await;
    let addresses = [("DATABASE_URL", primary), ("DATABASE_READ_URL", replica)];
    let settings = settings(&[], &unused, &addresses);
    Database::connect(&DatabaseSettings::from(&settings).unwrap(), "chat").await
}

async fn value(connection: &DatabaseConnection, query: &str) -> i64 {
    let statement = Statement::from_string(DbBackend::Postgres, query);
    connection.query_one_raw(statement).await.unwrap().unwrap().try_get("", "value").unwrap()
}

/// How many rows there are, as a list would find.
async fn listed(database: &Database) -> i64 {
    value(database.reader().await, "SELECT count(*) AS value FROM public.rows").await
}

async fn add(database: &Database) {
    let add = "INSERT INTO public.rows DEFAULT VALUES";
    database.connection().execute_unprepared(add).await.unwrap();
}

async fn is_from_replica(database: &Database) -> bool {
    let query = "SELECT pg_is_in_recovery()::int::bigint AS value";
    value(database.reader().await, query).await == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_listed_whatever_becomes_of_the_replica() {
    let Pair { primary, replica } = pair().await;
    let database = connect(&primary.url(), &replica.url()).await.unwrap();
    let table = "CREATE TABLE public.rows (id BIGINT GENERATED ALWAYS AS IDENTITY)";
    database.connection().execute_unprepared(table).await.unwrap();
    let mut from_replica = 0;
    for rows in 1..=50 {
        add(&database).await;
        assert_eq!(listed(&database).await, rows);
        from_replica += i32::from(is_from_replica(&database).await);
    }
    assert!(from_replica > 25, "{from_replica} of 50");

    let operator = sea_orm::Database::connect(replica.url()).await.unwrap();
    operator.execute_unprepared("SELECT pg_wal_replay_pause()").await.unwrap();
    add(&database).await;
    assert!(!is_from_replica(&database).await);
    assert_eq!(listed(&database).await, 51);
    operator.execute_unprepared("SELECT pg_wal_replay_resume()").await.unwrap();
    operator.close().await.unwrap();

    let replica = tokio::task::spawn_blocking(move || {
        replica.stop(Stop::Fast);
        replica
    });
    let replica = replica.await.unwrap();
    for rows in 52..=60 {
        add(&database).await;
        assert_eq!(listed(&database).await, rows);
    }
    let replica = tokio::task::spawn_blocking(move || {
        replica.start();
        replica
    });
    let _running = replica.await.unwrap();
    let back = async { while !is_from_replica(&database).await {} };
    tokio::time::timeout(Duration::from_secs(30), back).await.expect("it is read from again");
    assert_eq!(listed(&database).await, 60);
    database.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_of_something_else_is_refused_and_one_that_is_away_is_not() {
    let Pair { primary, replica } = pair().await;
    let other = tokio::task::spawn_blocking(PostgresServer::new).await.unwrap();
    let refused = connect(&other.url(), &replica.url()).await.unwrap_err();
    let told = format!("{refused:#}");
    assert!(told.starts_with("database.read_url (DATABASE_READ_URL): it is no replica"), "{told}");
    // A server that is no replica at all has the same to say as one that is far behind.
    let database = connect(&primary.url(), &primary.url()).await.unwrap();
    assert!(!is_from_replica(&database).await);
    database.close().await.unwrap();

    let away = replica.url();
    tokio::task::spawn_blocking(move || replica.stop(Stop::Fast)).await.unwrap();
    let database = connect(&primary.url(), &away).await.unwrap();
    assert!(!is_from_replica(&database).await);
    database.close().await.unwrap();
}
