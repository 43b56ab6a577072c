//! A database of a test's own, on either engine.

use std::time::Duration;

use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::postgres::{self, Commits};

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
    /// On somebody else's server: that, and its name there.
    borrowed: Option<(&'static str, String)>,
}

impl TestDatabase {
    /// Makes one.
    pub async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::Builder::new().prefix("omnichat-sqlite-").tempdir().unwrap();
                let url = format!("sqlite://{}/{{service}}.db?mode=rwc", folder.path().display());
                Self { url, _folder: Some(folder), borrowed: None }
            }
            Engine::Postgres => Self::on(Commits::Volatile).await,
        }
    }

    /// Makes one on a PostgreSQL that has on disk what it has committed; for benchmarks.
    pub async fn durable() -> Self {
        Self::on(Commits::Durable).await
    }

    async fn on(commits: Commits) -> Self {
        let cluster =
            tokio::task::spawn_blocking(move || postgres::cluster(commits)).await.unwrap();
        let name = format!("test_{}", unique());
        administer(&cluster.address, &format!("CREATE DATABASE {name}")).await;
        let url = format!("{}/{name}", cluster.address);
        let borrowed = cluster.is_borrowed.then_some((cluster.address.as_str(), name));
        Self { url, _folder: None, borrowed }
    }

    /// Its address, for `DATABASE_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((server, name)) = self.borrowed.take() else { return };
        // Dropping cannot wait, so another thread does.
        let work = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            runtime.block_on(administer(server, &statement));
        });
        work.join().unwrap();
    }
}

async fn administer(server: &str, statement: &str) {
    let address = format!("{server}/postgres");
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
