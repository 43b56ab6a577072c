//! Secrets are replaced while replicas serve, one after the other, and nobody notices.

use std::sync::Arc;

use chrono::TimeDelta;
use common::SystemClock;
use rstest::rstest;
use serde_json::json;
use testkit::{Engine, JWT_SECRETS, KEY_ENCRYPTION_KEYS, TestDatabase, a_clock};

use super::second_factors::switched_on;
use super::{Auth, PASSWORD, token};

const NEW: &str = "new:2cTn6Wb9Zk4Rj7Xq1Lm5Vp8Ys3Dg0Hf2NaQeUiOtBvC";
const NEW_KEY: &str = "new:tG5wZ1nB8cV3xM6kL9jH2gF4dS7aQ0pO5iU8yT1rE3w";

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_replaced_without_signing_anybody_out() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let start = async |secrets: &str| {
        Auth::on(&database, Arc::new(SystemClock), &[("JWT_SECRETS", secrets)]).await
    };
    let steps = [JWT_SECRETS, &format!("{JWT_SECRETS},{NEW}"), &format!("{NEW},{JWT_SECRETS}")];
    let mut before = start(steps[0]).await;
    before.register("ada@example.org").await.expect(201);
    let mut refresh = before.a_session("ada@example.org").await;
    for step in &steps[1..] {
        let after = start(step).await;
        for (signer, reader) in [(&before, &after), (&after, &before)] {
            let ada = signer.signed_in("ada@example.org").await;
            reader.bearer(ada.token()).get("/users/me").await.expect(200);
            refresh = token(&signer.refresh(&refresh).await.expect(200));
            refresh = token(&reader.refresh(&refresh).await.expect(200));
        }
        before = after;
    }

    // Once the old one is gone, so are the access tokens that it signed, and no session.
    let old = start(JWT_SECRETS).await.signed_in("ada@example.org").await;
    let last = start(NEW).await;
    last.bearer(old.token()).get("/users/me").await.expect(401);
    last.refresh(&refresh).await.expect(200);
    last.log_in("ada@example.org", PASSWORD).await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_can_be_taken_out_once_all_is_sealed_anew(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let clock = a_clock();
    let start = async |keys: &str| {
        Auth::on(&database, Arc::new(clock.clone()), &[("KEY_ENCRYPTION_KEYS", keys)]).await
    };
    let before = start(KEY_ENCRYPTION_KEYS).await;
    before.register("ada@example.org").await.expect(201);
    let ada = before.signed_in("ada@example.org").await;
    let (app, _) = switched_on(&ada, &clock).await;
    let both = start(&format!("{NEW_KEY},{KEY_ENCRYPTION_KEYS}")).await;
    both.module.state().housekeeping.run().await;
    assert_eq!(both.module.state().second_factors.reseal().await.unwrap(), 0);

    let after = start(NEW_KEY).await;
    clock.advance(TimeDelta::seconds(30));
    let halfway = after.log_in("ada@example.org", PASSWORD).await.expect(401);
    let challenge = &halfway.json["error"]["details"]["challenge"];
    let body = json!({"challenge": challenge, "code": app.code(&clock)});
    after.anonymous().post("/auth/login/verify", body).await.expect(200);
}
