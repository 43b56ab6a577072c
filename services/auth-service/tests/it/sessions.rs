use chrono::TimeDelta;
use common::Clock;
use common::auth::Scope;
use futures_util::future::join_all;
use reqwest::Method;
use reqwest::header::USER_AGENT;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Engine, redacted};

use super::{PASSWORD, refusal, start, token, with_ada};

const ADA: &str = "ada@example.org";
const LIVE_LEAVES: &str = "SELECT count(*) FROM refresh_tokens WHERE consumed_at IS NULL";

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_gets_a_pair_of_tokens(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("email", "username")] field: &str,
) {
    let (auth, clock) = with_ada(engine).await;
    let somebody = auth.anonymous();
    let request = somebody
        .request(Method::POST, "/auth/login")
        .header(USER_AGENT, "ä".repeat(300))
        .json(&json!({field: "ADA@example.org", "password": PASSWORD}));
    let session = somebody.send(request).await.expect(200);
    insta::assert_json_snapshot!("session", redacted(&session.json));

    let access_token = session.data("accessToken").as_str().unwrap();
    let claims = auth.instance.keys.verify_access(access_token).unwrap();
    assert_eq!(claims.sub.to_string(), session.id("user"));
    assert_eq!(claims.username, ADA);
    assert_eq!(claims.scope, [Scope::Read, Scope::Write]);
    assert_eq!((claims.iat, claims.exp), (clock.now().timestamp(), clock.now().timestamp() + 900));
    let id: uuid::Uuid = auth.value("SELECT id FROM sessions").await;
    assert_eq!(claims.sid.uuid(), id);
    assert_eq!(auth.value::<String>("SELECT user_agent FROM sessions").await, "ä".repeat(200));
    assert_eq!(auth.value::<String>("SELECT ip FROM sessions").await, "127.0.0.1");

    clock.advance(TimeDelta::seconds(906));
    let expired = auth.bearer(access_token).get("/users/me").await.expect(401);
    assert_eq!(expired.code(), "TOKEN_EXPIRED");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_spent_for_a_new_pair(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, _) = with_ada(engine).await;
    let first = auth.log_in(ADA, PASSWORD).await.expect(200);
    let second = auth.refresh(&token(&first)).await.expect(200);
    insta::assert_json_snapshot!("refreshed_session", redacted(&second.json));
    let third = auth.refresh(&token(&second)).await.expect(200);
    assert_ne!(token(&first), token(&second));
    assert_ne!(token(&second), token(&third));

    let access_token = third.data("accessToken").as_str().unwrap();
    auth.bearer(access_token).get("/users/me").await.expect(200);
    let sid = |reply: &testkit::Reply| {
        auth.instance.keys.verify_access(reply.data("accessToken").as_str().unwrap()).unwrap().sid
    };
    assert_eq!(sid(&first), sid(&third));
    assert_eq!(auth.value::<i64>(LIVE_LEAVES).await, 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_can_be_asked_for_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    let first = auth.a_session(ADA).await;
    let lost = auth.refresh(&first).await.expect(200);
    clock.advance(TimeDelta::seconds(30));
    let again = auth.refresh(&first).await.expect(200);
    assert_eq!(token(&again), token(&lost));
    auth.refresh(&token(&again)).await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_used_again_later_ends_its_session_and_no_other(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    let (session, other_device) =
        (auth.log_in(ADA, PASSWORD).await.expect(200), auth.a_session(ADA).await);
    let first = token(&session);
    let refreshed = auth.refresh(&first).await.expect(200);
    let second = token(&refreshed);
    clock.advance(TimeDelta::seconds(31));
    let reused = auth.refresh(&first).await.expect(401);
    insta::assert_json_snapshot!("reused", redacted(&reused.json));
    for dead in [&first, &second] {
        assert_eq!(auth.refresh(dead).await.expect(401).code(), "UNAUTHORIZED");
    }
    for dead in [&session, &refreshed] {
        let ada = auth.bearer(dead.data("accessToken").as_str().unwrap());
        assert_eq!(ada.get("/users/me").await.expect(401).code(), "UNAUTHORIZED");
    }
    auth.refresh(&other_device).await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_successor_was_used_is_never_taken(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(1, 2)] steps: usize,
) {
    let (auth, _) = with_ada(engine).await;
    let first = auth.a_session(ADA).await;
    let mut newest = token(&auth.refresh(&first).await.expect(200));
    for _ in 0..steps {
        newest = token(&auth.refresh(&newest).await.expect(200));
    }
    assert_eq!(auth.refresh(&first).await.expect(401).code(), "TOKEN_REUSED");
    assert_eq!(auth.refresh(&newest).await.expect(401).code(), "UNAUTHORIZED");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_one_token_used_at_once_all_get_the_same_successor(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let auth = start(engine).await;
    auth.register(ADA).await.expect(201);
    let first = auth.a_session(ADA).await;
    let replies = join_all((0..50).map(|_| auth.refresh(&first))).await;
    let mut successors: Vec<_> =
        replies.into_iter().map(|reply| token(&reply.expect(200))).collect();
    successors.dedup();
    assert_eq!(successors.len(), 1);
    assert_eq!(auth.value::<i64>(LIVE_LEAVES).await, 1);
    assert_eq!(
        auth.value::<i64>("SELECT count(*) FROM sessions WHERE revoked_at IS NOT NULL").await,
        0
    );
    auth.refresh(&successors[0]).await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_idles_or_grows_old(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    let (idle, mut used) = (auth.a_session(ADA).await, auth.a_session(ADA).await);
    // Used every six days, it lives for thirty.
    for day in (6..30).step_by(6) {
        clock.advance(TimeDelta::days(6));
        used = token(&auth.refresh(&used).await.expect(200));
        if day == 6 {
            clock.advance(TimeDelta::days(1));
            let expired = auth.refresh(&idle).await.expect(401);
            insta::assert_json_snapshot!("expired", redacted(&expired.json));
            clock.advance(-TimeDelta::days(1));
        }
    }
    clock.advance(TimeDelta::days(6) - TimeDelta::seconds(1));
    let last = auth.refresh(&used).await.expect(200);
    assert_eq!(last.data("expiresIn"), 1);
    let ada = auth.bearer(last.data("accessToken").as_str().unwrap());
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(auth.refresh(&token(&last)).await.expect(401).code(), "TOKEN_EXPIRED");
    // The access token is no better, but for the leeway.
    ada.get("/users/me").await.expect(200);
    clock.advance(TimeDelta::seconds(5));
    assert_eq!(ada.get("/users/me").await.expect(401).code(), "TOKEN_EXPIRED");
    ada.post("/auth/logout", json!({})).await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_or_disabled_stays_out(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("DELETE FROM users", "UPDATE users SET is_active = FALSE")] end: &str,
) {
    let (auth, _) = with_ada(engine).await;
    let first = auth.a_session(ADA).await;
    auth.sql(end).await;
    let refused = auth.refresh(&first).await.expect(401);
    assert_eq!(refused.code(), "UNAUTHORIZED");
    assert_eq!(refusal(&refused), refusal(&auth.refresh(&"A".repeat(43)).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_refresh_token_is_refused() {
    let (auth, _) = with_ada(Engine::Sqlite).await;
    let session = auth.log_in(ADA, PASSWORD).await.expect(200);
    let good = token(&session);
    let access_token = session.data("accessToken").as_str().unwrap().to_owned();
    for bad in [
        "",
        "x",
        &good[1..],
        &format!("{good}A"),
        &format!("{good}="),
        &"A".repeat(1 << 19),
        &access_token,
    ] {
        assert_eq!(auth.refresh(bad).await.expect(401).code(), "UNAUTHORIZED");
    }
    auth.refresh(&good).await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn at_rest_there_are_only_hashes(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    use base64::Engine as _;
    use sha2::Digest;

    let (auth, _) = with_ada(engine).await;
    let first = auth.a_session(ADA).await;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&first).unwrap();
    let stored: Vec<u8> = auth.value("SELECT hash FROM refresh_tokens").await;
    assert_eq!((bytes.len(), stored), (32, sha2::Sha256::digest(&bytes).to_vec()));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn somebody_sees_where_they_are_signed_in(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    auth.register("eve@example.org").await.expect(201);
    let (old, ended) = (auth.signed_in(ADA).await, auth.signed_in(ADA).await);
    auth.signed_in("eve@example.org").await;
    ended.post("/auth/logout", json!({})).await.expect(200);
    clock.advance(TimeDelta::minutes(1));
    let ada = auth.signed_in(ADA).await;
    let list = ada.get("/auth/sessions").await.expect(200);
    insta::assert_json_snapshot!("sessions", redacted(&list.json));
    let ids = |list: &testkit::Reply| -> Vec<Value> {
        list.data("sessions").as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
    };
    assert_eq!(ids(&list), [json!(auth.session(&ada)), json!(auth.session(&old))]);

    let first = ada.get("/auth/sessions?limit=1").await.expect(200);
    let cursor = first.json["pagination"]["cursor"].as_str().unwrap();
    let second = ada.get(&format!("/auth/sessions?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!(ids(&second), [json!(auth.session(&old))]);

    // What idled too long is not shown.
    clock.advance(TimeDelta::days(7));
    let ada = auth.signed_in(ADA).await;
    assert_eq!(ids(&ada.get("/auth/sessions").await), [json!(auth.session(&ada))]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_signed_out_by_its_owner_alone_and_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, _) = with_ada(engine).await;
    auth.register("eve@example.org").await.expect(201);
    let session = auth.log_in(ADA, PASSWORD).await.expect(200);
    let (ada, eve) = (auth.signed_in(ADA).await, auth.signed_in("eve@example.org").await);
    let other = auth.bearer(session.data("accessToken").as_str().unwrap());
    let path = format!("/auth/sessions/{}", auth.session(&other));
    let never = format!("/auth/sessions/{}", uuid::Uuid::from_u128(7));
    let theirs = eve.delete(&path).await.expect(404);
    assert_eq!(refusal(&theirs), refusal(&eve.delete(&never).await));
    let gone = ada.delete(&path).await.expect(200);
    assert_eq!(gone.json["data"], json!({"deletedSession": auth.session(&other)}));
    assert_eq!(ada.delete(&path).await.expect(404).code(), "NOT_FOUND");
    assert_eq!(auth.refresh(&token(&session)).await.expect(401).code(), "UNAUTHORIZED");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_is_out_by_either_token(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("access", "expired access", "refresh", "spent refresh")] by: &str,
) {
    let (auth, clock) = with_ada(engine).await;
    let (session, other) = (auth.log_in(ADA, PASSWORD).await, auth.a_session(ADA).await);
    let (mut newest, access) = (token(&session), session.data("accessToken").as_str().unwrap());
    let (actor, body) = match by {
        "access" => (auth.bearer(access), json!({})),
        "expired access" => {
            clock.advance(TimeDelta::hours(1));
            (auth.bearer(access), json!({}))
        }
        "refresh" => (auth.anonymous(), json!({"refreshToken": newest})),
        _ => {
            let spent = std::mem::take(&mut newest);
            newest = token(&auth.refresh(&spent).await);
            (auth.anonymous(), json!({"refreshToken": spent}))
        }
    };
    let out = actor.post("/auth/logout", body.clone()).await.expect(200);
    assert!(out.data("message").is_string());
    assert_eq!(auth.refresh(&newest).await.expect(401).code(), "UNAUTHORIZED");
    // Twice is no harm, to this session or to another.
    actor.post("/auth/logout", body).await.expect(200);
    auth.refresh(&newest).await.expect(401);
    auth.refresh(&other).await.expect(200);
    assert_eq!(auth.value::<i64>("SELECT count(*) FROM revocations").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_without_a_session_is_no_failure() {
    let (auth, _) = with_ada(Engine::Sqlite).await;
    for actor in [auth.anonymous(), auth.bearer("x"), auth.user(), auth.service("chat-service")] {
        for body in [json!({}), json!({"refreshToken": "x"}), json!({"refreshToken": null})] {
            actor.post("/auth/logout", body).await.expect(200);
        }
        actor.send(actor.request(Method::POST, "/auth/logout")).await.expect(200);
        let typo = actor.post("/auth/logout", json!({"refresh_token": "x"})).await.expect(400);
        assert_eq!(typo.code(), "VALIDATION_ERROR");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn signing_in_again_takes_the_place_of_the_session_that_asks(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    let first = auth.log_in(ADA, PASSWORD).await.expect(200);
    let ada = auth.bearer(first.data("accessToken").as_str().unwrap());
    clock.advance(TimeDelta::seconds(1));
    let body = json!({"email": ADA, "password": PASSWORD});
    let second = ada.post("/auth/login", body).await.expect(200);
    assert_eq!(auth.refresh(&token(&first)).await.expect(401).code(), "UNAUTHORIZED");
    let second = auth.bearer(second.data("accessToken").as_str().unwrap());
    assert_ne!(auth.session(&ada), auth.session(&second));
    let sessions = second.get("/auth/sessions").await.expect(200);
    assert_eq!(sessions.data("sessions").as_array().unwrap().len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_deleted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (auth, clock) = with_ada(engine).await;
    let (used, _) = (auth.a_session(ADA).await, auth.a_session(ADA).await);
    clock.advance(TimeDelta::days(6));
    let used = token(&auth.refresh(&used).await.expect(200));
    clock.advance(TimeDelta::days(1));
    auth.module.state().housekeeping.run().await;
    assert_eq!(auth.value::<i64>("SELECT count(*) FROM sessions").await, 1);
    assert_eq!(auth.value::<i64>("SELECT count(*) FROM refresh_tokens").await, 1);
    auth.refresh(&used).await.expect(200);
}
