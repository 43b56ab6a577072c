//! Passwords: which are taken, how they are kept, and what checking one costs.

use std::sync::Arc;

use common::SystemClock;
use futures_util::future::join_all;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Engine, TestDatabase, a_clock, redacted};

use super::second_factors::switched_on;
use super::{Auth, PASSWORD, refusal, start, start_at, start_with, token};

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_password_is_refused_with_a_hint_and_costs_no_hash() {
    let auth = start(Engine::Sqlite).await;
    let register = |password: String| {
        let body =
            json!({"email": "ada@example.org", "password": password, "displayName": "Lovelace"});
        let somebody = auth.anonymous();
        async move { somebody.post("/auth/register", body).await }
    };
    let (weak, hashes) = auth.hashes(register("password1".to_owned())).await;
    insta::assert_json_snapshot!("weak", redacted(&weak.expect(400).json));
    assert_eq!(hashes, 0);
    let long = "é漢Ω!7q".repeat(22);
    for weak in [
        "",
        "x7#Kq!z",
        "ada@example.org",
        "lovelace",
        "omnichat1",
        "qwertyuiop",
        &long,
        &"x".repeat(1 << 19),
    ] {
        let (refused, hashes) = auth.hashes(register(weak.to_owned())).await;
        assert_eq!(refused.expect(400).json["error"]["details"]["field"], "password");
        assert_eq!(hashes, 0, "{weak}");
    }
    register("x7#Kq!zw".to_owned()).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn length_and_strength_are_settings() {
    let strict =
        [("OMNICHAT__PASSWORDS__MIN_LENGTH", "12"), ("OMNICHAT__PASSWORDS__MIN_SCORE", "4")];
    let lax = [("OMNICHAT__PASSWORDS__MIN_LENGTH", "4"), ("OMNICHAT__PASSWORDS__MIN_SCORE", "0")];
    for (settings, password, status) in [
        (&strict, "x7#Kq!zw", 400),
        (&strict, "horsebattery", 400),
        (&strict, PASSWORD, 201),
        (&lax, "1234", 201),
    ] {
        let auth = start_with(Engine::Sqlite, settings.as_slice()).await;
        let body = json!({"email": "ada@example.org", "password": password});
        let _ = auth.anonymous().post("/auth/register", body).await.expect(status);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_on_another_keyboard_is_the_same_password(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let auth = start(engine).await;
    let body = json!({"email": "ada@example.org", "password": " Zo\u{eb} und das Meer "});
    auth.anonymous().post("/auth/register", body).await.expect(201);
    auth.log_in("ada@example.org", " Zoe\u{308} und das Meer ").await.expect(200);
    for other in ["Zo\u{eb} und das Meer", " zo\u{eb} und das Meer ", " Zoe und das Meer "] {
        assert_eq!(
            auth.log_in("ada@example.org", other).await.expect(401).code(),
            "INVALID_CREDENTIALS"
        );
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn failed_logins_look_alike_and_cost_one_hash_each(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let auth = start(engine).await;
    for email in ["ada@example.org", "disabled@example.org"] {
        auth.register(email).await.expect(201);
    }
    auth.sql("UPDATE users SET is_active = FALSE WHERE email = 'disabled@example.org'").await;

    let (wrong, hashes) = auth.hashes(auth.log_in("ada@example.org", "wrong")).await;
    insta::assert_json_snapshot!("invalid_credentials", redacted(&wrong.clone().expect(401).json));
    assert_eq!(hashes, 1);
    for (email, password) in [
        ("nobody@example.org", PASSWORD),
        ("no address", PASSWORD),
        ("disabled@example.org", PASSWORD),
        ("disabled@example.org", "wrong"),
        ("ada@example.org", ""),
        ("ada@example.org", &"x".repeat(1_024)),
    ] {
        let (refused, hashes) = auth.hashes(auth.log_in(email, password)).await;
        assert_eq!(refusal(&refused), refusal(&wrong), "{email}");
        assert_eq!(hashes, 1, "{email}");
    }
    let (right, hashes) = auth.hashes(auth.log_in("ada@example.org", PASSWORD)).await;
    assert_eq!((right.status.as_u16(), hashes), (200, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_password_is_refused_before_it_costs_anything() {
    let auth = start(Engine::Sqlite).await;
    for length in [1_025, 1 << 19] {
        let (refused, hashes) =
            auth.hashes(auth.log_in("ada@example.org", &"x".repeat(length))).await;
        assert_eq!(refused.expect(400).json["error"]["details"]["field"], "password");
        assert_eq!(hashes, 0);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_cheap_hash_is_replaced_at_the_next_login(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let before = Auth::on(&database, Arc::new(SystemClock), &[]).await;
    before.register("ada@example.org").await.expect(201);
    let query = "SELECT password_hash FROM users";
    let cheap: String = before.value(query).await;
    assert!(cheap.starts_with("$pbkdf2-sha256$i=1000,l=32$"), "{cheap}");

    let rounds = ("OMNICHAT__PASSWORDS__ROUNDS", "2000");
    let auth = Auth::on(&database, Arc::new(SystemClock), &[rounds]).await;
    let (_, hashes) = auth.hashes(auth.log_in("ada@example.org", "wrong")).await;
    assert_eq!((hashes, auth.value::<String>(query).await), (1, cheap));
    for reply in join_all((0..20).map(|_| auth.log_in("ada@example.org", PASSWORD))).await {
        let _ = reply.expect(200);
    }
    let dear: String = auth.value(query).await;
    assert!(dear.starts_with("$pbkdf2-sha256$i=2000,l=32$"), "{dear}");
    let (right, hashes) = auth.hashes(auth.log_in("ada@example.org", PASSWORD)).await;
    assert_eq!((right.status.as_u16(), hashes), (200, 1));
    // Cheaper settings do not make a hash cheaper.
    before.log_in("ada@example.org", PASSWORD).await.expect(200);
    assert_eq!(auth.value::<String>(query).await, dear);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_a_hash_takes_600_000_rounds() {
    let auth = start_with(Engine::Sqlite, &[("OMNICHAT__PASSWORDS__ROUNDS", "600000")]).await;
    auth.register("ada@example.org").await.expect(201);
    let hash: String = auth.value("SELECT password_hash FROM users").await;
    assert!(hash.starts_with("$pbkdf2-sha256$i=600000,l=32$"), "{hash}");
    auth.log_in("ada@example.org", PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_what_the_machine_can_hash_it_says_so_at_once() {
    let one_at_a_time = [
        ("OMNICHAT__PASSWORDS__ROUNDS", "600000"),
        ("OMNICHAT__PASSWORDS__THREADS", "1"),
        ("OMNICHAT__PASSWORDS__QUEUE", "1"),
    ];
    let auth = start_with(Engine::Sqlite, &one_at_a_time).await;
    let (replies, hashes) =
        auth.hashes(join_all((0..24).map(|_| auth.log_in("ada@example.org", PASSWORD)))).await;
    let (busy, tried): (Vec<_>, Vec<_>) =
        replies.into_iter().partition(|reply| reply.status == 503);
    assert!(tried.iter().all(|reply| reply.code() == "INVALID_CREDENTIALS"));
    assert_eq!(tried.len() as u64, hashes);
    assert!(!busy.is_empty() && !tried.is_empty());
    for reply in &busy {
        assert_eq!((reply.code(), reply.header("retry-after")), ("SERVICE_UNAVAILABLE", Some("1")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_repeats_a_password_or_a_hash() {
    let auth = start(Engine::Sqlite).await;
    let canary = "kanari3nvogel-7Q#";
    let body = |more: Value| {
        let mut body = json!({"email": "ada@example.org", "password": canary});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let somebody = auth.anonymous();
    for (path, body) in [
        ("/auth/register", body(json!({}))),
        ("/auth/register", body(json!({}))),
        ("/auth/register", body(json!({"email": "x"}))),
        ("/auth/register", body(json!({"pasword": canary}))),
        ("/auth/login", body(json!({}))),
        ("/auth/login", body(json!({"username": "x"}))),
        ("/auth/login", json!({"email": canary, "password": [canary]})),
        ("/auth/refresh", json!({"refreshToken": canary})),
    ] {
        let reply = somebody.post(path, body).await;
        assert!(
            !reply.text.contains(canary) && !reply.text.contains("pbkdf2"),
            "{path}: {}",
            reply.text
        );
    }
}

const NEW: &str = "another horse entirely";

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_and_all_other_sessions_end(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let auth = start(engine).await;
    auth.register("ada@example.org").await.expect(201);
    let (session, other) = (
        auth.log_in("ada@example.org", PASSWORD).await.expect(200),
        auth.a_session("ada@example.org").await,
    );
    let ada = auth.bearer(session.data("accessToken").as_str().unwrap());
    let change = |current: &str, new: &str| {
        let body = json!({"currentPassword": current, "newPassword": new});
        ada.put("/users/me/password", body)
    };
    let (wrong, hashes) = auth.hashes(change("wrong", NEW)).await;
    assert_eq!((wrong.expect(401).code(), hashes), ("INVALID_CREDENTIALS", 1));
    let weak = change(PASSWORD, "password1").await.expect(400);
    assert_eq!(weak.json["error"]["details"]["field"], "newPassword");
    auth.log_in("ada@example.org", PASSWORD).await.expect(200);

    let (changed, hashes) = auth.hashes(change(PASSWORD, NEW)).await;
    let changed = changed.expect(200);
    assert_eq!((changed.data("user"), hashes), (session.data("user"), 2));
    // Whoever has a refresh token from before has nothing, be it this session's own.
    for old in [&other, &token(&session)] {
        assert_eq!(auth.refresh(old).await.expect(401).code(), "UNAUTHORIZED");
    }
    ada.get("/users/me").await.expect(200);
    auth.refresh(&token(&changed)).await.expect(200);
    auth.log_in("ada@example.org", PASSWORD).await.expect(401);
    auth.log_in("ada@example.org", NEW).await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_a_refresh_and_a_change_at_once_one_token_is_left(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let auth = start(engine).await;
    auth.register("ada@example.org").await.expect(201);
    let session = auth.log_in("ada@example.org", PASSWORD).await.expect(200);
    let ada = auth.bearer(session.data("accessToken").as_str().unwrap());
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    let old = token(&session);
    let refreshes = join_all((0..10).map(|_| auth.refresh(&old)));
    let (refreshed, changed) = tokio::join!(refreshes, ada.put("/users/me/password", body));
    for early in refreshed.iter().filter(|reply| reply.status == 200) {
        auth.refresh(&token(early)).await.expect(401);
    }
    auth.refresh(&token(&changed.expect(200))).await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn no_session_outlives_the_password_that_it_was_begun_with(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let auth = start(engine).await;
    auth.register("ada@example.org").await.expect(201);
    let ada = auth.signed_in("ada@example.org").await;
    let logins = join_all((0..20).map(|_| auth.log_in("ada@example.org", PASSWORD)));
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    let (logins, changed) = tokio::join!(logins, ada.put("/users/me/password", body));
    changed.expect(200);
    for login in logins.iter().filter(|login| login.status == 200) {
        auth.refresh(&token(login)).await.expect(401);
    }
}

/// The service where only passwords are counted.
const COUNTED: &[(&str, &str)] = &[
    ("OMNICHAT__RATE_LIMITS__ENABLED", "true"),
    ("OMNICHAT__RATE_LIMITS__LOG_IN", "0"),
    ("OMNICHAT__RATE_LIMITS__DELETE_ACCOUNT", "0"),
    ("OMNICHAT__RATE_LIMITS__CHANGE_PASSWORD", "0"),
    ("OMNICHAT__RATE_LIMITS__DISABLE_SECOND_FACTOR", "0"),
];

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn guesses_in_parallel_at_many_replicas_share_one_budget(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("ada@example.org", "nobody@example.org")] email: &str,
) {
    let database = TestDatabase::new(engine).await;
    let mut replicas = Vec::new();
    for _ in 0..3 {
        replicas.push(Auth::on(&database, Arc::new(SystemClock), COUNTED).await);
    }
    replicas[0].register("ada@example.org").await.expect(201);
    let hashes =
        || -> u64 { replicas.iter().map(|replica| replica.module.state().users.hashes()).sum() };
    let before = hashes();
    let tries = (0..200).map(|number| replicas[number % 3].log_in(email, "wrong"));
    let replies = join_all(tries).await;
    let (tried, refused): (Vec<_>, Vec<_>) =
        replies.into_iter().partition(|reply| reply.status == 401);
    assert!(hashes() - before <= 10, "{} hashes", hashes() - before);
    assert_eq!(tried.len() as u64, hashes() - before);
    assert!(tried.iter().all(|reply| reply.code() == "INVALID_CREDENTIALS"));
    for reply in &refused {
        assert_eq!((reply.status.as_u16(), reply.code()), (429, "RATE_LIMITED"));
        assert!(reply.header("retry-after").is_some());
    }
    // Another account has its own.
    let other = replicas[1].log_in("eve@example.org", "wrong").await;
    assert_eq!(other.expect(401).code(), "INVALID_CREDENTIALS");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_known_device_is_not_locked_out_and_all_ways_count(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let auth = start_with(engine, COUNTED).await;
    auth.register("ada@example.org").await.expect(201);
    let session = auth.log_in("ada@example.org", PASSWORD).await.expect(200);
    let device = session.data("deviceToken").as_str().unwrap();
    let ada = auth.bearer(session.data("accessToken").as_str().unwrap());
    let wrong = json!({"currentPassword": "wrong", "newPassword": NEW});
    let mut refused = 0;
    for _ in 0..5 {
        let replies = [
            auth.log_in("ada@example.org", "wrong").await,
            ada.put("/users/me/password", wrong.clone()).await,
            ada.post("/users/me/deletion", json!({"password": "wrong"})).await,
        ];
        refused += replies.iter().filter(|reply| reply.status == 429).count();
    }
    assert!(refused >= 2, "{refused}");
    let (locked, hashes) = auth.hashes(auth.log_in("ada@example.org", PASSWORD)).await;
    assert_eq!((locked.expect(429).code(), hashes), ("RATE_LIMITED", 0));

    let from = |token: &str| {
        let somebody = auth.anonymous();
        let body = json!({"email": "ada@example.org", "password": PASSWORD});
        let request = somebody.request(Method::POST, "/auth/login");
        let request = request.header("x-device-token", token).json(&body);
        async move { somebody.send(request).await }
    };
    let again = from(device).await.expect(200);
    let jti = |token: &str| {
        let ticket = auth.instance.keys.verify_ticket(common::auth::Purpose::Device, token);
        ticket.unwrap().jti
    };
    assert_eq!(jti(again.data("deviceToken").as_str().unwrap()), jti(device));
    // Neither another's device nor anything else helps.
    auth.register("eve@example.org").await.expect(201);
    let eve = auth.log_in("eve@example.org", PASSWORD).await.expect(200);
    for other in [eve.data("deviceToken"), eve.data("accessToken"), &json!("x")] {
        assert_eq!(from(other.as_str().unwrap()).await.expect(429).code(), "RATE_LIMITED");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_does_not_count_and_a_code_does(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let clock = a_clock();
    let auth = start_at(engine, Arc::new(clock.clone()), COUNTED).await;
    for email in ["ada@example.org", "eve@example.org"] {
        auth.register(email).await.expect(201);
    }
    auth.log_in("ada@example.org", "wrong").await.expect(401);
    for _ in 0..15 {
        auth.log_in("ada@example.org", PASSWORD).await.expect(200);
    }
    let wrong = join_all((0..15).map(|_| auth.log_in("ada@example.org", "wrong"))).await;
    let tried = wrong.iter().filter(|reply| reply.status == 401).count();
    assert!((1..=11).contains(&tried), "{tried}");

    // A right password with a wrong code.
    let eve = auth.signed_in("eve@example.org").await;
    switched_on(&eve, &clock).await;
    let body = json!({"password": PASSWORD, "code": "000000"});
    let off = || eve.send(eve.request(Method::DELETE, "/users/me/two-factor").json(&body));
    let guesses = join_all((0..20).map(|_| off())).await;
    let tried = guesses.iter().filter(|reply| reply.status == 401).count();
    assert!((1..=11).contains(&tried), "{tried}");
}
