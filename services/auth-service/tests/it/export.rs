//! All that a user owns, in one file.

use std::sync::Arc;

use async_trait::async_trait;
use auth_service::Siblings;
use auth_service::services::{AccountData, Lines};
use common::{SystemClock, UserId};
use futures_util::stream::{self, StreamExt};
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Engine, TestDatabase, redacted};

use super::{Auth, PASSWORD};

/// What a sibling keeps of everybody.
pub struct Shelf {
    lines: Vec<&'static str>,
    ends: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    BrokenOff,
    NotThere,
}

impl Shelf {
    /// Nothing, of which nothing can be deleted.
    pub fn empty() -> Self {
        Self { lines: Vec::new(), ends: End::Well }
    }
}

#[async_trait]
impl AccountData for Shelf {
    async fn delete_of_user(
        &self,
        _: UserId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err("not now".into())
    }

    async fn export_of_user(
        &self,
        _: UserId,
    ) -> Result<Lines, Box<dyn std::error::Error + Send + Sync>> {
        if self.ends == End::NotThere {
            return Err("not now".into());
        }
        let lines = self.lines.iter().map(|line| Ok((*line).into()));
        let broken = (self.ends == End::BrokenOff).then(|| Err("the line is cut".into()));
        Ok(stream::iter(lines.chain(broken).collect::<Vec<_>>()).boxed())
    }
}

async fn start(engine: Engine, chat: End) -> (Auth, TestDatabase) {
    let database = TestDatabase::new(engine).await;
    let (settings, instance, siblings) = Auth::prepare(&database, Arc::new(SystemClock), &[]);
    let siblings = Siblings {
        projects: Arc::new(Shelf { lines: vec!["{\"type\":\"project\"}\n"], ends: End::Well }),
        chat: Arc::new(Shelf { lines: vec!["{\"type\":\"con", "versation\"}\n"], ends: chat }),
        ..siblings
    };
    (Auth::build(settings, instance, siblings).await, database)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_the_account_and_what_the_siblings_have(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, _database) = start(engine, End::Well).await;
    auth.register("ada@example.org").await.expect(201);
    auth.register("eve@example.org").await.expect(201);
    let ada = auth.signed_in("ada@example.org").await;
    auth.signed_in("eve@example.org").await;
    let body = json!({"name": "cli", "scopes": ["read"]});
    let made = ada.post("/auth/tokens", body).await.expect(201);

    let file = ada.get("/users/me/export").await.expect(200);
    assert_eq!(file.header("content-type"), Some("application/x-ndjson"));
    let named = "attachment; filename=\"omnichat-account.ndjson\"";
    assert_eq!(file.header("content-disposition"), Some(named));
    let lines: Vec<Value> =
        file.text.lines().map(|line| redacted(&serde_json::from_str(line).unwrap())).collect();
    insta::assert_json_snapshot!("export", lines);
    for secret in [made.json["data"]["secret"].as_str().unwrap(), ada.token(), PASSWORD, "pbkdf2"] {
        assert!(!file.text.contains(secret));
    }
    assert!(!file.text.contains("eve@"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_not_whole_does_not_look_so() {
    let (auth, _database) = start(Engine::Sqlite, End::NotThere).await;
    auth.register("ada@example.org").await.expect(201);
    let ada = auth.signed_in("ada@example.org").await;
    let refused = ada.get("/users/me/export").await.expect(503);
    assert_eq!(refused.code(), "SERVICE_UNAVAILABLE");

    let (auth, _database) = start(Engine::Sqlite, End::BrokenOff).await;
    auth.register("ada@example.org").await.expect(201);
    let ada = auth.signed_in("ada@example.org").await;
    let request = ada.request(reqwest::Method::GET, "/users/me/export");
    let whole = async { request.send().await?.error_for_status()?.text().await };
    assert!(whole.await.unwrap_err().status().is_none(), "the connection breaks");
}
