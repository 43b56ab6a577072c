//! The secret that signs is replaced while replicas serve, one after the other, and nobody notices.

use std::sync::Arc;

use common::SystemClock;
use testkit::{Engine, JWT_SECRETS, TestDatabase};

use super::{Auth, PASSWORD, token};

const NEW: &str = "new:2cTn6Wb9Zk4Rj7Xq1Lm5Vp8Ys3Dg0Hf2NaQeUiOtBvC";

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
