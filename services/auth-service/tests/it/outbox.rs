//! The siblings are told of a deleted account, however long it takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use async_trait::async_trait;
use auth_service::services::{AccountData, Lines};
use auth_service::{AuthModule, AuthService, Siblings};
use common::UserId;
use platform::Instance;
use platform::cli::Service;
use platform::http::Paths;
use rstest::rstest;
use serde_json::json;
use testkit::{Engine, TestApp, TestDatabase, settings};
use tokio::sync::mpsc;

use super::{CHEAP, PASSWORD};

/// A sibling that refuses the first `refusals` times.
struct Keeper {
    name: &'static str,
    refusals: AtomicI32,
    told: mpsc::UnboundedSender<(&'static str, UserId)>,
}

#[async_trait]
impl AccountData for Keeper {
    async fn delete_of_user(
        &self,
        user: UserId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if self.refusals.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Err("not now".into());
        }
        self.told.send((self.name, user))?;
        Ok(())
    }

    async fn export_of_user(
        &self,
        _: UserId,
    ) -> Result<Lines, Box<dyn std::error::Error + Send + Sync>> {
        Err("not now".into())
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn both_siblings_are_told_even_if_one_is_not_there_and_the_process_ends(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let (told, mut heard) = mpsc::unbounded_channel();
    let start = async |refusals: i32| {
        let settings = settings(&[AuthService::DEFAULTS], &database, CHEAP);
        let instance = Instance::new(&settings).unwrap();
        let keeper = |name, refusals| {
            Arc::new(Keeper { name, refusals: AtomicI32::new(refusals), told: told.clone() })
        };
        let siblings = Siblings {
            projects: keeper("project", 0),
            chat: keeper("chat", refusals),
            ..Siblings::over_http(&settings, &instance).unwrap()
        };
        let module = AuthModule::build(&settings, &instance, siblings).await.unwrap();
        TestApp::serve(&settings, instance, vec![Arc::new(module)], Paths::Bare).await
    };
    let app = start(i32::MAX).await;
    let credentials = json!({"email": "ada@example.org", "password": PASSWORD});
    app.anonymous().post("/auth/register", credentials.clone()).await.expect(201);
    let session = app.anonymous().post("/auth/login", credentials).await.expect(200);
    let ada = app.bearer(session.data("accessToken").as_str().unwrap());
    let id: UserId = session.id("user").parse().unwrap();
    ada.post("/users/me/deletion", json!({"password": PASSWORD})).await.expect(202);
    assert_eq!(heard.recv().await, Some(("project", id)));
    app.stop().await;
    assert!(heard.try_recv().is_err(), "chat-service was not there");

    let app = start(0).await;
    assert_eq!(heard.recv().await, Some(("chat", id)));
    app.stop().await;

    let app = start(0).await;
    app.stop().await;
    assert!(heard.try_recv().is_err(), "told once is enough");
}
