//! Personal access tokens.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use common::Clock;
use common::domain::revocation::Revocation;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply, redacted};

use super::{PASSWORD, refusal, start, with_ada};

const ADA: &str = "ada@example.org";

async fn create(actor: &Actor, scopes: Value) -> Reply {
    actor.post("/auth/tokens", json!({"name": "ci", "scopes": scopes})).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_used_listed_and_revoked(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    let ada = auth.signed_in(ADA).await;
    let made = create(&ada, json!(["read", "write"])).await.expect(201);
    let mut shown = redacted(&made.json);
    shown["data"]["secret"] = "[token]".into();
    insta::assert_json_snapshot!("token", shown);
    let secret = made.data("secret").as_str().unwrap();
    let claims = auth.instance.keys.verify_access(secret).unwrap();
    assert!(claims.is_personal());
    assert_eq!(claims.jti.to_string(), made.id("token"));
    assert_eq!(claims.exp, (clock.now() + TimeDelta::days(90)).timestamp());

    let program = auth.bearer(secret);
    program.get("/users/me").await.expect(200);
    let list = ada.get("/auth/tokens").await.expect(200);
    assert_eq!(list.data("tokens"), &json!([made.data("token")]));
    assert!(!list.text.contains(secret));

    auth.register("eve@example.org").await.expect(201);
    let eve = auth.signed_in("eve@example.org").await;
    let path = format!("/auth/tokens/{}", made.id("token"));
    let never = format!("/auth/tokens/{}", uuid::Uuid::from_u128(7));
    let theirs = eve.delete(&path).await.expect(404);
    assert_eq!(refusal(&theirs), refusal(&eve.delete(&never).await));
    assert_eq!(eve.get("/auth/tokens").await.data("tokens"), &json!([]));

    let gone = ada.delete(&path).await.expect(200);
    assert_eq!(gone.json["data"], json!({"deletedToken": made.id("token")}));
    assert_eq!(program.get("/users/me").await.expect(401).code(), "UNAUTHORIZED");
    assert_eq!(ada.get("/auth/tokens").await.data("tokens"), &json!([]));
    ada.delete(&path).await.expect(404);
    let revoked = auth.service("chat-service").get("/internal/revocations").await.expect(200);
    let revoked = &revoked.data("revocations")[0];
    assert_eq!(revoked["session"], made.id("token"));
    let until = chrono::DateTime::parse_from_rfc3339(revoked["until"].as_str().unwrap()).unwrap();
    assert_eq!(until.to_utc(), clock.now() + TimeDelta::days(90) + Revocation::MARGIN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_do_what_its_scopes_say_and_never_make_another() {
    let (auth, _) = with_ada(Engine::Sqlite).await;
    let ada = auth.signed_in(ADA).await;
    let bearer = async |scopes: Value| {
        let made = create(&ada, scopes).await.expect(201);
        (auth.bearer(made.data("secret").as_str().unwrap()), made.id("token"))
    };
    let (reader, id) = bearer(json!(["read"])).await;
    reader.get("/auth/tokens").await.expect(200);
    let path = format!("/auth/tokens/{id}");
    assert_eq!(reader.delete(&path).await.expect(403).code(), "INSUFFICIENT_SCOPE");
    let (writer, _) = bearer(json!(["write"])).await;
    assert_eq!(writer.get("/auth/tokens").await.expect(403).code(), "INSUFFICIENT_SCOPE");
    assert_eq!(create(&writer, json!(["read"])).await.expect(403).code(), "FORBIDDEN");
    // It is no session: signing out with it, or in, leaves it alone.
    writer.post("/auth/logout", json!({})).await.expect(200);
    writer.post("/auth/login", json!({"email": ADA, "password": PASSWORD})).await.expect(200);
    let body = json!({"currentPassword": PASSWORD, "newPassword": "another horse entirely"});
    assert_eq!(writer.put("/users/me/password", body).await.expect(403).code(), "FORBIDDEN");
    writer.delete(&path).await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_by_itself_and_outlives_a_password(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    let ada = auth.signed_in(ADA).await;
    let body = json!({"name": "ci", "scopes": ["read"], "expiresIn": 60});
    let made = ada.post("/auth/tokens", body).await.expect(201);
    let program = auth.bearer(made.data("secret").as_str().unwrap());
    let body = json!({"currentPassword": PASSWORD, "newPassword": "another horse entirely"});
    ada.put("/users/me/password", body).await.expect(200);
    program.get("/users/me").await.expect(200);
    clock.advance(TimeDelta::seconds(65));
    assert_eq!(program.get("/users/me").await.expect(401).code(), "TOKEN_EXPIRED");
    assert_eq!(ada.get("/auth/tokens").await.data("tokens"), &json!([]));
    auth.module.state().housekeeping.run().await;
    assert_eq!(auth.value::<i64>("SELECT count(*) FROM access_tokens").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_more_than_fifty() {
    let (auth, _) = with_ada(Engine::Sqlite).await;
    let ada = auth.signed_in(ADA).await;
    for _ in 0..50 {
        create(&ada, json!(["read"])).await.expect(201);
    }
    assert_eq!(create(&ada, json!(["read"])).await.expect(409).code(), "CONFLICT");
    let first = ada.get("/auth/tokens?limit=30").await.expect(200);
    let cursor = first.json["pagination"]["cursor"].as_str().unwrap();
    let second = ada.get(&format!("/auth/tokens?limit=30&cursor={cursor}")).await.expect(200);
    let ids = |page: &Reply| -> BTreeSet<String> {
        let tokens = page.data("tokens").as_array().unwrap().iter();
        tokens.map(|token| token["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((ids(&first).len(), ids(&second).len()), (30, 20));
    assert!(ids(&first).is_disjoint(&ids(&second)));
    assert_eq!(second.json["pagination"]["hasMore"], false);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn siblings_tell_when_tokens_were_used(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    let ada = auth.signed_in(ADA).await;
    let made = create(&ada, json!(["read"])).await.expect(201);
    let sibling = auth.service("chat-service");
    let used = clock.now();
    let tell = |id: String| {
        sibling.post("/internal/tokens/uses", json!({"tokens": [{"id": id, "usedAt": used}]}))
    };
    tell(uuid::Uuid::from_u128(7).to_string()).await.expect(200);
    let told = tell(made.id("token")).await.expect(200);
    assert_eq!(told.json["data"], json!({"recorded": 1}));
    let listed = ada.get("/auth/tokens").await.expect(200);
    let at = listed.data("tokens")[0]["lastUsedAt"].as_str().unwrap();
    assert_eq!(chrono::DateTime::parse_from_rfc3339(at).unwrap().to_utc(), used);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_takes_is_checked() {
    let auth = start(Engine::Sqlite).await;
    auth.register(ADA).await.expect(201);
    let ada = auth.signed_in(ADA).await;
    for (body, field) in [
        (json!({"scopes": ["read"]}), "name"),
        (json!({"name": " ", "scopes": ["read"]}), "name"),
        (json!({"name": "x".repeat(101), "scopes": ["read"]}), "name"),
        (json!({"name": "x"}), "scopes"),
        (json!({"name": "x", "scopes": []}), "scopes"),
        (json!({"name": "x", "scopes": ["read", "read"]}), "scopes"),
        (json!({"name": "x", "scopes": ["admin"]}), "scopes[0]"),
        (json!({"name": "x", "scopes": ["read"], "expiresIn": 59}), "expiresIn"),
        (json!({"name": "x", "scopes": ["read"], "expiresIn": 31_536_001}), "expiresIn"),
        (json!({"name": "x", "scopes": ["read"], "userId": "y"}), "userId"),
    ] {
        let refused = ada.post("/auth/tokens", body.clone()).await.expect(400);
        assert_eq!(refused.json["error"]["details"]["field"], field, "{body}");
    }
}
