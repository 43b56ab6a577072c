//! Conversations, threads and shares that are made once, however often they are asked for.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply};

use super::{Chat, a_conversation, the_project};

async fn post(user: &Actor, path: &str, key: &str, body: &Value) -> Reply {
    let request = user.request(Method::POST, path).header("idempotency-key", key);
    user.send(if body.is_null() { request } else { request.json(body) }).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_conversation_is_made_for_a_key_whoever_is_asked(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let replica = chat.replica().await;
    let (user, other) = (chat.app.user(), chat.app.user());
    let of = |name: &str| json!({"title": name, "projectId": the_project()});
    for (path, thing, body) in [
        ("/conversations", "conversation", of("Bees")),
        ("/threads", "thread", json!({"title": "Bees"})),
    ] {
        let asked = join_all((0..50).map(|n| {
            let user = if n % 2 == 0 { user.clone() } else { user.at(&replica.base_url) };
            let body = body.clone();
            async move { post(&user, path, thing, &body).await.expect(201) }
        }));
        let made: BTreeSet<String> = asked.await.iter().map(|reply| reply.id(thing)).collect();
        assert_eq!(made.len(), 1, "{path}");
        let refused = post(&user, path, thing, &json!({"title": "Wasps"})).await.expect(422);
        assert_eq!(refused.code(), "IDEMPOTENCY_MISMATCH");
    }
    assert_eq!(post(&user, "/threads", "conversation", &of("Bees")).await.status, 400);
    let elsewhere = post(&user, "/threads", "conversation", &json!({"title": "Bees"})).await;
    assert_eq!(elsewhere.expect(422).code(), "IDEMPOTENCY_MISMATCH");
    let listed = user.get("/conversations").await.expect(200);
    assert_eq!(listed.json["pagination"]["totalCount"], 2);
    post(&other, "/conversations", "conversation", &of("Bees")).await.expect(201);
    let unknown = json!({"model": "none"});
    assert_eq!(
        post(&user, "/conversations", "r", &unknown).await.expect(422).code(),
        "MODEL_UNKNOWN"
    );
    post(&user, "/conversations", "r", &json!({})).await.expect(201);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_is_made_again_has_the_same_token(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let replica = chat.replica().await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/shares");
    assert_eq!(post(&user, &path, "k", &Value::Null).await.expect(409).code(), "CONFLICT");
    let messages = format!("/conversations/{conversation}/messages");
    user.post(&messages, json!({"content": "Hi"})).await.expect(200);
    let asked = join_all((0..20).map(|n| {
        let user = if n % 2 == 0 { user.clone() } else { user.at(&replica.base_url) };
        let path = path.clone();
        async move { post(&user, &path, "k", &Value::Null).await.expect(201) }
    }));
    let asked = asked.await;
    assert!(asked.iter().all(|reply| reply.json["data"] == asked[0].json["data"]));
    chat.app.anonymous().get(asked[0].data("share")["url"].as_str().unwrap()).await.expect(200);
    assert_eq!(user.get(&path).await.expect(200).data("shares").as_array().unwrap().len(), 1);
    let elsewhere = format!("/conversations/{}/shares", a_conversation(&user, json!({})).await);
    let refused = post(&user, &elsewhere, "k", &Value::Null).await.expect(422);
    assert_eq!(refused.code(), "IDEMPOTENCY_MISMATCH");

    // What was taken back stays so.
    user.delete(&format!("/shares/{}", asked[0].id("share"))).await.expect(200);
    post(&user, &path, "k", &Value::Null).await.expect(404);
}
