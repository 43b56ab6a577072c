use chrono::TimeDelta;
use reqwest::Method;
use reqwest::header::USER_AGENT;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, redacted};

use super::{PASSWORD, Started, start, with_ada};

const ADA: &str = "ada@example.org";
const NEW: &str = "another horse entirely";

/// What happened to somebody, newest first.
async fn kinds(actor: &Actor) -> Vec<String> {
    let events = actor.get("/auth/events?limit=100").await.expect(200);
    let events = events.data("events").as_array().unwrap().clone();
    events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

/// Waits for events that are stored a moment later.
async fn wait_for(auth: &Started, kind: &str, count: i64) {
    let query = format!("SELECT count(*) FROM audit_log WHERE type = '{kind}'");
    while auth.value::<i64>(&query).await < count {
        tokio::task::yield_now().await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_an_account_is_told_to_its_owner_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    clock.advance(TimeDelta::seconds(1));
    auth.log_in(ADA, "wrong").await.expect(401);
    auth.log_in("nobody@example.org", "wrong").await.expect(401);
    wait_for(&auth, "sign_in_failed", 1).await;
    clock.advance(TimeDelta::seconds(1));
    let somebody = auth.anonymous();
    let request = somebody
        .request(Method::POST, "/auth/login")
        .header(USER_AGENT, "curl")
        .json(&json!({"email": ADA, "password": PASSWORD}));
    let session = somebody.send(request).await.expect(200);
    let ada = auth.bearer(session.data("accessToken").as_str().unwrap());
    let events = ada.get("/auth/events").await.expect(200);
    insta::assert_json_snapshot!("events", redacted(&events.json));

    auth.register("eve@example.org").await.expect(201);
    clock.advance(TimeDelta::seconds(1));
    let eve = auth.signed_in("eve@example.org").await;
    assert_eq!(kinds(&eve).await, ["signed_in", "registered"]);
    assert_eq!(kinds(&ada).await, ["signed_in", "sign_in_failed", "registered"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn events_are_paged_and_forgotten(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    for _ in 0..3 {
        clock.advance(TimeDelta::days(1));
        auth.a_session(ADA).await;
    }
    let ada = auth.signed_in(ADA).await;
    let first = ada.get("/auth/events?limit=4").await.expect(200);
    let cursor = first.json["pagination"]["cursor"].as_str().unwrap();
    let second = ada.get(&format!("/auth/events?limit=4&cursor={cursor}")).await.expect(200);
    assert_eq!(second.data("events")[0]["type"], "registered");
    assert_eq!(second.json["pagination"]["cursor"], Value::Null);
    auth.register("eve@example.org").await.expect(201);
    let eve = auth.signed_in("eve@example.org").await;
    eve.get(&format!("/auth/events?cursor={cursor}")).await.expect(400);

    clock.advance(TimeDelta::days(88));
    auth.module.state().housekeeping.run().await;
    let ada = auth.signed_in(ADA).await;
    assert_eq!(kinds(&ada).await, ["signed_in"; 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_a_session_is_told() {
    let auth = start(Engine::Sqlite).await;
    auth.register(ADA).await.expect(201);
    let (ada, other) = (auth.signed_in(ADA).await, auth.signed_in(ADA).await);
    ada.delete(&format!("/auth/sessions/{}", auth.session(&other))).await.expect(200);
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    ada.put("/users/me/password", body).await.expect(200);
    assert_eq!(kinds(&ada).await[..2], ["password_changed", "session_revoked"]);
    let again = auth.anonymous().post("/auth/login", json!({"email": ADA, "password": NEW})).await;
    let again = auth.bearer(again.expect(200).data("accessToken").as_str().unwrap());
    ada.post("/auth/logout", json!({})).await.expect(200);
    assert_eq!(kinds(&again).await[0], "signed_out");
}
