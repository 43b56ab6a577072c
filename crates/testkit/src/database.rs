//! A database of a test's own, on either engine.

use std::time::Duration;

use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::postgres;

/// How long PostgreSQL may take to make or drop a database.
const PATIENCE: Duration = Duration::from_secs(60);

/// The two engines that everything must hold on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Files in a temporary folder.
    Sqlite,
    /// A fresh database on the process's private server.
    Postgres,
}

/// A fresh, empty database, gone when this is dropped.
pub struct TestDatabase {
    url: String,
    _folder: Option<tempfile::TempDir>,
    name: Option<String>,
}

impl TestDatabase {
    /// Makes one.
    pub async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::Builder::new().prefix("omnichat-sqlite-").tempdir().unwrap();
                let url = format!("sqlite://{}/{{service}}.db?mode=rwc", folder.path().display());
                Self { url, _folder: Some(folder), name: None }
            }
            Engine::Postgres => {
                let cluster = tokio::task::spawn_blocking(postgres::cluster).await.unwrap();
                let name = format!("test_{}", unique());
                administer(&format!("CREATE DATABASE {name}")).await;
                let url = format!("{}/{name}", cluster.address);
                Self { url, _folder: None, name: cluster.is_borrowed.then_some(name) }
            }
        }
    }

    /// Its address, for `DATABASE_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(name) = self.name.take() else { return };
        // Dropping cannot wait, so another thread does.
        let work = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(administer(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        });
        work.join().unwrap();
    }
}

async fn administer(statement: &str) {
    let address = format!("{}/postgres", postgres::cluster().address);
    let work = async {
        let connection = sea_orm::Database::connect(address).await?;
        connection.execute_unprepared(statement).await?;
        connection.close().await
    };
    tokio::time::timeout(PATIENCE, work)
        .await
        .unwrap_or_else(|_| panic!("{statement}: PostgreSQL does not answer"))
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}

#[expect(clippy::disallowed_methods, reason = "a name that only has to be new")]
fn unique() -> impl std::fmt::Display {
    Uuid::now_v7().simple()
}
