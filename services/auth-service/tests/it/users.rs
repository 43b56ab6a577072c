use futures_util::future::join_all;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Engine, redacted};

use super::{PASSWORD, start, start_with};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_and_its_owner_sees_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let auth = start(engine).await;
    let made = auth.register("Ada@Example.org").await.expect(201);
    insta::assert_json_snapshot!("user", redacted(&made.json));

    let session = auth.log_in("ada@example.org", PASSWORD).await.expect(200);
    assert_eq!(session.data("user"), made.data("user"));
    let ada = auth.bearer(session.data("accessToken").as_str().unwrap());
    let me = ada.get("/users/me").await.expect(200);
    assert_eq!(me.data("user"), made.data("user"));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_is_another_address_of_registration() {
    let auth = start(Engine::Sqlite).await;
    let body = json!({"email": "ada@example.org", "password": PASSWORD});
    let made = auth.anonymous().post("/users", body).await.expect(201);
    assert_eq!(made.data("user")["email"], "ada@example.org");
    assert_eq!(made.data("user")["displayName"], Value::Null);
    auth.log_in("ada@example.org", PASSWORD).await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_one_account_however_it_is_written(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let auth = start(engine).await;
    auth.register("ada@example.org").await.expect(201);
    let (taken, hashes) = auth.hashes(auth.register("ADA@Example.ORG")).await;
    insta::assert_json_snapshot!("taken", redacted(&taken.expect(409).json));
    assert_eq!(hashes, 1, "as many as for an address that is free");

    let replies = join_all((0..10).map(|_| auth.register("eve@example.org"))).await;
    let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [[201].as_slice(), &[409; 9]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_service_says_whom_to_ask() {
    let auth = start_with(Engine::Sqlite, &[("OMNICHAT__REGISTRATION__MODE", "closed")]).await;
    let (refused, hashes) = auth.hashes(auth.register("ada@example.org")).await;
    insta::assert_json_snapshot!("closed", redacted(&refused.expect(403).json));
    assert_eq!(hashes, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_can_be_open_to_some_domains() {
    let domains = [
        ("OMNICHAT__REGISTRATION__MODE", "domains"),
        ("OMNICHAT__REGISTRATION__DOMAINS", "example.org, example.com"),
    ];
    let auth = start_with(Engine::Sqlite, &domains).await;
    auth.register("ada@example.org").await.expect(201);
    auth.register("ada@EXAMPLE.com").await.expect(201);
    for stranger in ["ada@example.net", "ada@sub.example.org", "ada@notexample.org"] {
        assert_eq!(auth.register(stranger).await.expect(403).code(), "REGISTRATION_CLOSED");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_or_disabled_is_not_shown(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("DELETE FROM users", "UPDATE users SET is_active = FALSE")] end: &str,
) {
    let auth = start(engine).await;
    auth.register("ada@example.org").await.expect(201);
    let session = auth.log_in("ada@example.org", PASSWORD).await.expect(200);
    let ada = auth.bearer(session.data("accessToken").as_str().unwrap());
    ada.get("/users/me").await.expect(200);
    auth.sql(end).await;
    let gone = ada.get("/users/me").await.expect(401);
    assert_eq!((gone.code(), gone.header("www-authenticate")), ("UNAUTHORIZED", Some("Bearer")));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_valid_access_token_nobody_is_shown() {
    let auth = start(Engine::Sqlite).await;
    auth.register("ada@example.org").await.expect(201);
    let refresh_token = auth.a_session("ada@example.org").await;
    for stranger in [
        auth.anonymous(),
        auth.bearer("x"),
        auth.bearer(&refresh_token),
        auth.service("chat-service"),
        auth.user(),
    ] {
        assert_eq!(stranger.get("/users/me").await.expect(401).code(), "UNAUTHORIZED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_method_is_named_as_such() {
    let auth = start(Engine::Sqlite).await;
    for (path, allow) in [
        ("/users", "POST"),
        ("/users/me", "GET, HEAD"),
        ("/auth/register", "POST"),
        ("/auth/login", "POST"),
    ] {
        let somebody = auth.anonymous();
        let refused = somebody.send(somebody.request(Method::DELETE, path)).await.expect(405);
        assert_eq!((refused.code(), refused.header("allow")), ("METHOD_NOT_ALLOWED", Some(allow)));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_deleted_by_who_knows_its_password(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let auth = start(engine).await;
    auth.register("ada@example.org").await.expect(201);
    let session = auth.log_in("ada@example.org", PASSWORD).await.expect(200);
    let ada = auth.bearer(session.data("accessToken").as_str().unwrap());
    let token = ada.post("/auth/tokens", json!({"name": "ci", "scopes": ["read"]})).await;
    let program = auth.bearer(token.expect(201).data("secret").as_str().unwrap());
    let delete = |password: &str| ada.post("/users/me/deletion", json!({"password": password}));
    let (wrong, hashes) = auth.hashes(delete("wrong")).await;
    assert_eq!((wrong.expect(401).code(), hashes), ("INVALID_CREDENTIALS", 1));

    let (deleted, hashes) = auth.hashes(delete(PASSWORD)).await;
    assert_eq!(deleted.expect(202).json["data"], json!({"deletedUser": session.id("user")}));
    assert_eq!(hashes, 1);
    for gone in [&ada, &program] {
        assert_eq!(gone.get("/users/me").await.expect(401).code(), "UNAUTHORIZED");
    }
    auth.refresh(&super::token(&session)).await.expect(401);
    auth.log_in("ada@example.org", PASSWORD).await.expect(401);
    for (table, rows) in [
        ("users", 0),
        ("sessions", 0),
        ("refresh_tokens", 0),
        ("access_tokens", 0),
        ("revocations", 2),
        ("outbox", 2),
        ("audit_log WHERE ip IS NULL AND user_agent IS NULL AND type = 'account_deleted'", 1),
        ("audit_log", 1),
    ] {
        let count = auth.value::<i64>(&format!("SELECT count(*) FROM {table}")).await;
        assert_eq!(count, rows, "{table}");
    }
    let again = auth.register("ada@example.org").await.expect(201);
    assert_ne!(again.id("user"), session.id("user"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_account_out_of_use_opens_nothing_until_it_is_back(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let auth = start(engine).await;
    for email in ["ada@example.org", "eve@example.org"] {
        auth.register(email).await.expect(201);
    }
    let session = auth.log_in("ada@example.org", PASSWORD).await.expect(200);
    let ada = auth.bearer(session.data("accessToken").as_str().unwrap());
    let eve = auth.signed_in("eve@example.org").await;
    let token = ada.post("/auth/tokens", json!({"name": "ci", "scopes": ["read"]})).await;
    let program = auth.bearer(token.expect(201).data("secret").as_str().unwrap());

    let users = &auth.module.state().users;
    for _ in 0..2 {
        let disabled = users.set_active("ADA@example.org", false).await.unwrap();
        assert!(!disabled.is_active);
    }
    for out in [&ada, &program] {
        assert_eq!(out.get("/users/me").await.expect(401).code(), "UNAUTHORIZED");
    }
    auth.refresh(&super::token(&session)).await.expect(401);
    auth.log_in("ada@example.org", PASSWORD).await.expect(401);
    let told = auth.service("chat-service").get("/internal/revocations").await.expect(200);
    assert_eq!(told.data("revocations").as_array().unwrap().len(), 2);
    eve.get("/users/me").await.expect(200);

    users.set_active("ada@example.org", true).await.unwrap();
    for out in [&ada, &program] {
        out.get("/users/me").await.expect(401);
    }
    let ada = auth.signed_in("ada@example.org").await;
    let events = ada.get("/auth/events").await.expect(200).text;
    for kind in ["account_disabled", "account_enabled"] {
        assert_eq!(events.matches(kind).count(), 1, "{kind}");
    }
    assert!(users.set_active("nobody@example.org", false).await.is_err());
}
