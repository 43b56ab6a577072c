use chrono::TimeDelta;
use common::{Clock, ManualClock};
use futures_util::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply};
use totp_rs::{Builder, Secret};

use super::{PASSWORD, Started, with_ada};

const ADA: &str = "ada@example.org";

/// An app with a secret.
pub struct App(String);

impl App {
    pub fn new(secret: &str) -> Self {
        Self(secret.to_owned())
    }

    pub fn code(&self, clock: &ManualClock) -> String {
        let secret = Secret::try_from_base32(&self.0).unwrap();
        let totp = Builder::new().with_secret(secret).build().unwrap();
        totp.generate(clock.now().timestamp().unsigned_abs()).to_string()
    }
}

/// Switches on the second factor; the app, and the recovery codes.
pub async fn switched_on(ada: &Actor, clock: &ManualClock) -> (App, Vec<String>) {
    let pending = ada.post("/users/me/two-factor", Value::Null).await.expect(200);
    let app = App(pending.data("secret").as_str().unwrap().to_owned());
    let code = json!({"code": app.code(clock)});
    let on = ada.put("/users/me/two-factor", code).await.expect(200);
    let codes = on.data("recoveryCodes").as_array().unwrap().iter();
    (app, codes.map(|code| code.as_str().unwrap().to_owned()).collect())
}

async fn challenge(auth: &Started) -> String {
    let halfway = auth.log_in(ADA, PASSWORD).await.expect(401);
    assert_eq!(halfway.code(), "SECOND_FACTOR_REQUIRED");
    let details = &halfway.json["error"]["details"];
    assert_eq!(details["expiresIn"], 300);
    details["challenge"].as_str().unwrap().to_owned()
}

async fn verify(auth: &Started, challenge: &str, code: &str) -> Reply {
    let body = json!({"challenge": challenge, "code": code});
    auth.anonymous().post("/auth/login/verify", body).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_while_it_is_on(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    let ada = auth.signed_in(ADA).await;
    let first = ada.post("/users/me/two-factor", Value::Null).await.expect(200);
    let url = first.data("otpauthUrl").as_str().unwrap();
    assert!(url.starts_with("otpauth://totp/OmniChat:ada%40example.org?"), "{url}");
    // Until its first code nothing is asked.
    auth.log_in(ADA, PASSWORD).await.expect(200);
    let wrong = ada.put("/users/me/two-factor", json!({"code": "000000"})).await.expect(401);
    assert_eq!(wrong.code(), "INVALID_CREDENTIALS");
    let (app, recovery) = switched_on(&ada, &clock).await;
    assert_eq!(recovery.len(), 10);
    assert!(recovery.iter().all(|code| code.len() == 19 && code.split('-').count() == 4));
    let again = ada.post("/users/me/two-factor", Value::Null).await.expect(409);
    assert_eq!(again.code(), "CONFLICT");

    clock.advance(TimeDelta::seconds(30));
    let challenge = challenge(&auth).await;
    assert_eq!(verify(&auth, &challenge, "000000").await.expect(401).code(), "INVALID_CREDENTIALS");
    let session = verify(&auth, &challenge, &app.code(&clock)).await.expect(200);
    assert_eq!(session.data("user")["email"], ADA);
    let ada = auth.bearer(session.data("accessToken").as_str().unwrap());
    ada.get("/users/me").await.expect(200);

    clock.advance(TimeDelta::seconds(30));
    let off = |password: &str, code: &str| {
        let body = json!({"password": password, "code": code});
        ada.send(ada.request(reqwest::Method::DELETE, "/users/me/two-factor").json(&body))
    };
    off("wrong", &app.code(&clock)).await.expect(401);
    off(PASSWORD, "000000").await.expect(401);
    off(PASSWORD, &app.code(&clock)).await.expect(200);
    assert_eq!(off(PASSWORD, "000000").await.expect(409).code(), "CONFLICT");
    auth.log_in(ADA, PASSWORD).await.expect(200);
    for (table, rows) in [("second_factors", 0), ("recovery_codes", 0)] {
        assert_eq!(auth.value::<i64>(&format!("SELECT count(*) FROM {table}")).await, rows);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_code_and_a_challenge_are_good_for_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    let (app, _) = switched_on(&auth.signed_in(ADA).await, &clock).await;
    let used = app.code(&clock);
    let one = challenge(&auth).await;
    verify(&auth, &one, &used).await.expect(401);
    clock.advance(TimeDelta::seconds(30));
    let code = app.code(&clock);
    let verified = join_all((0..10).map(|_| verify(&auth, &one, &code))).await;
    assert_eq!(verified.iter().filter(|reply| reply.status == 200).count(), 1);

    clock.advance(TimeDelta::seconds(30));
    let over = verify(&auth, &one, &app.code(&clock)).await.expect(401);
    assert_eq!(over.code(), "UNAUTHORIZED");
    let late = challenge(&auth).await;
    clock.advance(TimeDelta::seconds(306));
    for bad in [&late, "x", ""] {
        let refused = verify(&auth, bad, &app.code(&clock)).await.expect(401);
        assert_eq!(refused.code(), "UNAUTHORIZED");
    }
    let next = challenge(&auth).await;
    verify(&auth, &next, &app.code(&clock)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_ends_with_the_password_that_it_was_given_for() {
    let (auth, clock) = with_ada(Engine::Sqlite).await;
    let ada = auth.signed_in(ADA).await;
    let (app, _) = switched_on(&ada, &clock).await;
    let halfway = challenge(&auth).await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": "another horse entirely"});
    ada.put("/users/me/password", body).await.expect(200);
    clock.advance(TimeDelta::seconds(30));
    let over = verify(&auth, &halfway, &app.code(&clock)).await.expect(401);
    assert_eq!(over.code(), "UNAUTHORIZED");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_stands_in_once_however_it_is_written(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    let (_, recovery) = switched_on(&auth.signed_in(ADA).await, &clock).await;
    let written = recovery[0].to_lowercase().replace('-', " ");
    let one = challenge(&auth).await;
    let session = verify(&auth, &one, &written).await.expect(200);
    let two = challenge(&auth).await;
    verify(&auth, &two, &recovery[0]).await.expect(401);
    verify(&auth, &two, &recovery[1]).await.expect(200);
    let ada = auth.bearer(session.data("accessToken").as_str().unwrap());
    let events = ada.get("/auth/events").await.expect(200);
    assert!(events.text.contains("recovery_code_used"));
    assert!(events.text.contains("two_factor_enabled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_rest_the_secret_is_sealed_and_a_personal_token_may_not_touch_it() {
    let (auth, clock) = with_ada(Engine::Sqlite).await;
    let ada = auth.signed_in(ADA).await;
    let (app, _) = switched_on(&ada, &clock).await;
    let sealed: Vec<u8> = auth.value("SELECT sealed FROM second_factors").await;
    let secret = Secret::try_from_base32(&app.0).unwrap();
    assert!(!sealed.windows(20).any(|window| window == secret.as_bytes()));

    let body = json!({"name": "ci", "scopes": ["read", "write"]});
    let token = ada.post("/auth/tokens", body).await.expect(201);
    let program = auth.bearer(token.data("secret").as_str().unwrap());
    let refused = program.post("/users/me/two-factor", Value::Null).await.expect(403);
    assert_eq!(refused.code(), "FORBIDDEN");
}
