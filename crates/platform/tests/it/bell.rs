use platform::db::{Bell, Database};
use platform::settings::DatabaseSettings;
use sea_orm::ConnectionTrait as _;
use testkit::{Engine, TestDatabase, settings};

async fn connect(database: &TestDatabase) -> Database {
    let settings = settings(&[], database, &[]);
    Database::connect(&DatabaseSettings::from(&settings).unwrap(), "chat").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bell_is_heard_elsewhere_again_after_its_connection_was_cut() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let (here, there) = (connect(&database).await, connect(&database).await);
    let (bell, listening) = (Bell::new(here.clone(), "cancels"), Bell::new(there, "cancels"));
    // What was rung before anybody listened may have been missed.
    listening.heard().await;
    bell.ring().await.unwrap();
    listening.heard().await;

    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()";
    let cut = here.connection().execute_unprepared(cut).await.unwrap();
    assert_eq!(cut.rows_affected(), 1, "the one that listens");
    // Not by a ring: what came meanwhile may have been missed.
    listening.heard().await;
    bell.ring().await.unwrap();
    listening.heard().await;
}
