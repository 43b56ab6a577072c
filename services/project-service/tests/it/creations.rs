//! Projects and prompts that are made once, however often they are asked for.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use common::repositories::CreationRepository;
use futures_util::future::join_all;
use platform::Instance;
use platform::cli::Service;
use platform::db::{Creations, Database};
use platform::http::Paths;
use platform::settings::DatabaseSettings;
use project_service::ProjectService;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply, TestApp, TestDatabase, settings};

use super::a_project;

async fn post(user: &Actor, path: &str, key: &str, body: &Value) -> Reply {
    user.send(user.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

/// Two processes on one database.
async fn replicas(engine: Engine) -> ([TestApp; 2], TestDatabase) {
    let database = TestDatabase::new(engine).await;
    let start = async || {
        let settings = settings(&[ProjectService::DEFAULTS], &database, &[]);
        let instance = Instance::new(&settings).unwrap();
        let module = ProjectService::build(&settings, &instance).await.unwrap();
        TestApp::serve(&settings, instance, vec![module], Paths::Bare).await
    };
    ([start().await, start().await], database)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_thing_is_made_for_a_key_whoever_is_asked(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let ([app, replica], database) = replicas(engine).await;
    let (user, other) = (app.user(), app.user());
    let body = json!({"name": "Bees"});
    let asked = join_all((0..50).map(|n| {
        let user = if n % 2 == 0 { user.clone() } else { user.at(&replica.base_url) };
        let body = body.clone();
        async move { post(&user, "/projects", "k", &body).await.expect(201) }
    }));
    let made: BTreeSet<String> = asked.await.iter().map(|reply| reply.id("project")).collect();
    assert_eq!(made.len(), 1);
    let project = made.first().unwrap();
    let listed = user.get("/projects").await.expect(200);
    assert_eq!(listed.json["pagination"]["totalCount"], 1);

    let prompts = format!("/projects/{project}/prompts");
    let prompt = json!({"name": "tone", "content": "Be kind."});
    let asked = join_all((0..20).map(|_| post(&user, &prompts, "p", &prompt))).await;
    let made: BTreeSet<String> = asked.iter().map(|reply| reply.id("prompt")).collect();
    assert_eq!((made.len(), asked[0].status.as_u16()), (1, 201));

    // The key is for this request of this person's alone.
    let elsewhere = format!("/projects/{}/prompts", a_project(&user, "Wasps").await);
    for (path, key, body) in [
        ("/projects", "k", json!({"name": "Wasps"})),
        ("/projects", "p", body.clone()),
        (&elsewhere, "p", prompt.clone()),
        (&prompts, "k", prompt.clone()),
    ] {
        let refused = post(&user, path, key, &body).await.expect(422);
        assert_eq!(refused.code(), "IDEMPOTENCY_MISMATCH", "{path} {key}");
    }
    let theirs = post(&other, "/projects", "k", &body).await.expect(201);
    assert_ne!(theirs.id("project"), *project);
    for key in ["", "a b", &"k".repeat(256)] {
        assert_eq!(
            post(&user, "/projects", key, &body).await.expect(400).code(),
            "VALIDATION_ERROR"
        );
    }

    // What was refused keeps no key, what is gone is not made again, and a day later it is.
    let nothing = json!({"name": ""});
    post(&user, "/projects", "r", &nothing).await.expect(400);
    post(&user, "/projects", "r", &body).await.expect(201);
    let taken = json!({"name": "tone", "content": "Be brief."});
    assert_eq!(post(&user, &prompts, "n", &taken).await.expect(409).code(), "CONFLICT");
    post(&user, &prompts, "n", &json!({"name": "length", "content": "Be brief."}))
        .await
        .expect(201);
    user.delete(&format!("/projects/{project}")).await.expect(200);
    post(&user, "/projects", "k", &body).await.expect(404);
    let settings = settings(&[ProjectService::DEFAULTS], &database, &[]);
    let db =
        Database::connect(&DatabaseSettings::from(&settings).unwrap(), "project").await.unwrap();
    let tomorrow = app.instance.clock.now() + TimeDelta::seconds(1);
    Creations::new(db).delete_before(tomorrow).await.unwrap();
    post(&user, "/projects", "k", &body).await.expect(201);
}
