//! What sibling services ask.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use common::Clock;
use common::domain::revocation::Revocation;
use rstest::rstest;
use serde_json::json;
use testkit::{Actor, Engine, redacted};

use super::{PASSWORD, start, with_ada};

const ADA: &str = "ada@example.org";

/// The sessions that are told after a cursor, and the next cursor.
async fn revoked(sibling: &Actor, cursor: Option<&str>) -> (BTreeSet<String>, String) {
    let query = cursor.map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
    let page = sibling.get(&format!("/internal/revocations{query}")).await.expect(200);
    let sessions = page.data("revocations").as_array().unwrap().iter();
    let sessions = sessions.map(|one| one["session"].as_str().unwrap().to_owned()).collect();
    (sessions, page.data("cursor").as_str().unwrap().to_owned())
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_a_session_is_told(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    let sibling = auth.service("chat-service");
    let (nothing, start) = revoked(&sibling, None).await;
    assert_eq!(nothing, BTreeSet::new());

    let (ada, deleted, changed) =
        (auth.signed_in(ADA).await, auth.signed_in(ADA).await, auth.signed_in(ADA).await);
    ada.delete(&format!("/auth/sessions/{}", auth.session(&deleted))).await.expect(200);
    let (told, cursor) = revoked(&sibling, Some(&start)).await;
    assert_eq!(told, [auth.session(&deleted)].into());
    let body = json!({"currentPassword": PASSWORD, "newPassword": "another horse entirely"});
    ada.put("/users/me/password", body).await.expect(200);
    ada.post("/auth/logout", json!({})).await.expect(200);
    let all: BTreeSet<_> = [&ada, &deleted, &changed].map(|actor| auth.session(actor)).into();
    // What was written a moment ago is told again.
    assert_eq!(revoked(&sibling, Some(&cursor)).await.0, all);
    assert_eq!(revoked(&sibling, None).await.0, all);

    let page = sibling.get("/internal/revocations").await.expect(200);
    let until = page.data("revocations")[0]["until"].as_str().unwrap();
    let until = chrono::DateTime::parse_from_rfc3339(until).unwrap();
    assert_eq!(until - clock.now().fixed_offset(), TimeDelta::minutes(15) + Revocation::MARGIN);
    insta::assert_json_snapshot!("revocations", redacted(&page.json["data"]["revocations"][0]));

    clock.advance(TimeDelta::minutes(15) + Revocation::MARGIN);
    let sibling = auth.service("chat-service");
    assert_eq!(revoked(&sibling, None).await.0, BTreeSet::new());
    auth.module.state().housekeeping.run().await;
    assert_eq!(auth.value::<i64>("SELECT count(*) FROM revocations").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_one_of_ours() {
    let auth = start(Engine::Sqlite).await;
    let sibling = auth.service("chat-service");
    for cursor in ["x", "", "AAAA", "7"] {
        let path = format!("/internal/revocations?cursor={cursor}");
        let refused = sibling.get(&path).await.expect(400);
        assert_eq!(refused.json["error"]["details"]["field"], "cursor");
    }
}
