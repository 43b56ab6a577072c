//! What was used is written down, once and for good.

use std::sync::Arc;

use chrono::TimeDelta;
use common::Clock as _;
use mock_llm::Script;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Engine, a_clock};

use super::{Chat, a_conversation, the_project};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn usage_is_summed_by_day_model_and_project(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let clock = a_clock();
    let chat = Chat::start_at(engine, Arc::new(clock.clone()), &[]).await;
    let id = chat.app.instance.ids.next();
    let user = || chat.app.user_with_id(id);
    let first_day = clock.now().date_naive();
    let alone = a_conversation(&user(), json!({})).await;
    let shared =
        a_conversation(&user(), json!({"projectId": the_project(), "model": "gpt-4"})).await;
    let send = async |conversation: &str, script: Script| {
        chat.model.script(script);
        let path = format!("/conversations/{conversation}/messages");
        user().post(&path, json!({"content": "Hello"})).await.expect(200);
    };
    send(&alone, Script::text("a").usage(100, 10)).await;
    send(&shared, Script::text("a").usage(1000, 100)).await;
    clock.advance(TimeDelta::days(1));
    send(&alone, Script::text("four tokens or so").without_usage()).await;

    let get = async |query: &str| user().get(&format!("/usage{query}")).await.expect(200);
    let by_day = get("?groupBy=day").await;
    let day = |number: usize, field: &str| by_day.json["data"]["usage"][number][field].clone();
    assert_eq!((day(0, "key"), day(0, "requests")), (json!(first_day), json!(2)));
    assert_eq!(day(0, "tokens")["input"], 1100);
    assert_eq!(day(0, "tokens")["output"], 110);
    // 100 x 0.15 + 10 x 0.6 = 21, and 1,000 x 30 + 100 x 60 = 36,000 millionths.
    assert_eq!(day(0, "costUsd"), json!(0.036021));
    assert_eq!((day(1, "requests"), day(2, "requests")), (json!(1), json!(null)));

    let keys = |reply: &Value| {
        let usage = reply["data"]["usage"].as_array().unwrap();
        usage.iter().map(|group| group["key"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&get("?groupBy=model").await.json), [json!("gpt-4"), json!("gpt-4o-mini")]);
    let by_project = keys(&get("?groupBy=project").await.json);
    assert!(by_project.contains(&json!(the_project())) && by_project.contains(&Value::Null));
    let one_day = get(&format!("?from={first_day}&to={first_day}")).await;
    assert_eq!(one_day.json["data"]["total"]["requests"], 2);

    // It stays when the conversation goes, and is nobody else's.
    user().delete(&format!("/conversations/{alone}")).await.expect(200);
    assert_eq!(get("").await.json["data"]["total"]["requests"], 3);
    let other = chat.app.user().get("/usage").await.expect(200);
    assert_eq!(other.json["data"]["total"]["requests"], 0);
    assert_eq!(other.json["data"]["total"]["costUsd"], json!(null));
}

#[rstest]
#[case::backwards("?from=2026-11-02&to=2026-11-01")]
#[case::too_long("?from=2025-01-01&to=2026-11-01")]
#[case::no_date("?from=yesterday")]
#[case::no_group("?groupBy=hour")]
#[tokio::test(flavor = "multi_thread")]
async fn a_span_that_cannot_be_is_refused(#[case] query: &str) {
    let chat = Chat::start(Engine::Sqlite).await;
    let refused = chat.app.user().get(&format!("/usage{query}")).await.expect(400);
    assert_eq!(refused.code(), "VALIDATION_ERROR");
}
