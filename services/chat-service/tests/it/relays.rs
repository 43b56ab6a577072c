//! What becomes of an answer that is passed on: it lasts as long as somebody listens, and what it took is written down.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use common::UserId;
use common::domain::revocation::Revocation;
use futures_util::future::join_all;
use mock_llm::{Ended, Gate, Script};
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, a_clock};

use super::completions::{ask, body, joined, request, stream};
use super::{Chat, a_conversation, the_project};

/// What the person has used in all, once it is so many answers.
async fn used(user: &Actor, requests: u64) -> Value {
    let look = async {
        loop {
            let used = user.get("/usage?groupBy=project").await.expect(200);
            let total = used.data("total");
            if total["requests"] == requests {
                return used.json["data"].clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), look).await.unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_used_is_written_down_and_nothing_else(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let project = the_project().to_string();
    chat.model.script(Script::text("a").usage(1_000, 100));
    let asked = request(&user, &body("gpt-4", json!({}))).header("x-project-id", &project);
    user.send(asked).await.expect(200);
    let told = chat.model.last_request().unwrap().messages();
    let told: Vec<_> = told.iter().map(|(role, text)| (role.as_str(), text.as_str())).collect();
    assert_eq!(told, [("system", "Be kind.\n\nBe short and clear."), ("user", "Hello")]);
    chat.model.script(Script::text("four tokens or so").without_usage());
    let unsaid = ask(&user, "gpt-4", json!({})).await.expect(200);
    assert!(unsaid.json["usage"]["completion_tokens"].as_u64().unwrap() > 0, "estimated");

    let used = used(&user, 2).await;
    let of_project = used["usage"].as_array().unwrap().iter().find(|sum| sum["key"] == project);
    assert_eq!(of_project.unwrap()["tokens"]["input"], 1_000);
    // 1,000 x 30 + 100 x 60 millionths.
    assert_eq!(of_project.unwrap()["costUsd"], json!(0.036));
    let conversations = user.get("/conversations").await.expect(200);
    assert_eq!(conversations.data("conversations"), &json!([]));
    for id in ["x".to_owned(), uuid::Uuid::from_u128(7).to_string()] {
        let asked = request(&user, &body("gpt-4", json!({}))).header("x-project-id", id);
        assert_eq!(user.send(asked).await.expect(404).openai_code(), "not_found");
    }
    assert_eq!(chat.model.requests().len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_ends_the_call_and_what_was_used_counts(
    #[values(false, true)] is_stream: bool,
) {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let gate = Gate::new();
    chat.model.script(Script::tokens(["one ", "two ", "three"]).hold_after(2, &gate));
    if is_stream {
        let mut chunks = stream(&user, "gpt-4").await;
        for part in ["", "one ", "two "] {
            let chunk = chunks.expect("message").await;
            assert_eq!(chunk.data["choices"][0]["delta"]["content"], part);
        }
        drop(chunks);
    } else {
        let asking = request(&user, &body("gpt-4", json!({}))).send();
        tokio::select! {
            answer = asking => panic!("{answer:?}"),
            () = gate.reached() => {}
        }
    }
    chat.model.wait_for(|log| log[0].ended == Ended::ClientLeft).await;
    if is_stream {
        let used = used(&user, 1).await;
        assert!(used["total"]["tokens"]["output"].as_u64().unwrap() >= 2, "{used}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_session_ends_the_stream_and_the_call() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    chat.model.script(Script::tokens(["one ", "two"]).hold_after(1, &Gate::new()));
    let mut chunks = stream(&user, "gpt-4").await;
    chunks.expect("message").await;
    chunks.expect("message").await;
    let session = chat.app.instance.keys.verify_access(user.token()).unwrap().sid;
    let until = chat.app.instance.clock.now() + TimeDelta::minutes(15);
    chat.app.instance.revocations.revoke(Revocation { session, until });
    assert_eq!(chunks.expect("message").await.data["error"]["code"], "session_revoked");
    assert_eq!(chunks.next().await, None);
    chat.model.wait_for(|log| log[0].ended == Ended::ClientLeft).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_days_budget_counts(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let more = [
        ("OMNICHAT__BUDGET__DAILY_MICRO_USD_PER_USER", "6000"),
        ("OMNICHAT__GENERATION__CHECKPOINT_MILLISECONDS", "50"),
    ];
    let chat = Chat::start_at(engine, Arc::new(a_clock()), &more).await;
    let user = chat.app.user();
    // gpt-4 costs 60 micro-dollars for a token that it writes.
    let text = " one".repeat(100);
    chat.model.default_script(Script::tokens([&text, "never"]).hold_after(1, &Gate::new()));
    let chunks = stream(&user, "gpt-4").await.rest().await;
    assert_eq!(joined(&chunks, "content"), text);
    assert_eq!(chunks.last().unwrap().data["error"]["code"], "insufficient_quota");
    chat.model.wait_for(|log| log[0].ended == Ended::ClientLeft).await;
    for is_stream in [false, true] {
        let refused = ask(&user, "gpt-4", json!({"stream": is_stream})).await.expect(429);
        assert_eq!(refused.openai_code(), "insufficient_quota");
        assert!(refused.headers.contains_key("retry-after"));
    }
    let conversation = a_conversation(&user, json!({"model": "gpt-4"})).await;
    let path = format!("/conversations/{conversation}/messages");
    let refused = user.post(&path, json!({"content": "x"})).await.expect(429);
    assert_eq!(refused.code(), "BUDGET_EXCEEDED");
    // Who waits for the whole is told the same.
    let refused = ask(&chat.app.user(), "gpt-4", json!({})).await.expect(429);
    assert_eq!(refused.openai_code(), "insufficient_quota");
    assert_eq!(chat.model.requests().len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn replies_and_completions_share_the_places_of_a_person(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start_with(engine, &[("OMNICHAT__GENERATION__STREAMS_PER_USER", "3")]).await;
    let (user, other) = (chat.app.user(), chat.app.user());
    let gate = Gate::new();
    chat.model.default_script(Script::text("a b c").hold_after(1, &gate));
    let mut running = join_all([stream(&user, "gpt-4o"), stream(&user, "gpt-4o")]).await;
    let conversations = join_all((0..2).map(|_| a_conversation(&user, json!({})))).await;
    let mut reply = super::stream(&user, &conversations[0], "x").await;
    reply.expect("message_start").await;

    let refused = ask(&user, "gpt-4o", json!({})).await.expect(429);
    assert_eq!(refused.openai_code(), "rate_limit_exceeded");
    let path = format!("/conversations/{}/messages", conversations[1]);
    let refused = user.post(&path, json!({"content": "x"})).await.expect(429);
    assert_eq!(refused.json["error"]["details"], json!({"limit": 3}));
    drop(stream(&other, "gpt-4o").await);

    gate.release();
    for chunks in &mut running {
        assert_eq!(chunks.rest().await.last().unwrap().data, "[DONE]");
    }
    reply.rest().await;
    ask(&user, "gpt-4o", json!({})).await.expect(200);
    user.post(&path, json!({"content": "x"})).await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_who_is_gone_nothing_is_written_down(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let id: UserId = chat.app.instance.ids.next();
    let user = chat.app.user_with_id(id);
    let gate = Gate::new();
    chat.model.script(Script::text("a b").usage(10, 2).hold_after(1, &gate));
    let mut chunks = stream(&user, "gpt-4").await;
    let path = format!("/internal/users/{id}");
    chat.app.service("auth-service").delete(&path).await.expect(200);
    gate.release();
    assert_eq!(chunks.rest().await.last().unwrap().data, "[DONE]");
    let used = user.get("/usage").await.expect(200);
    assert_eq!(used.data("total")["requests"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_tells_who_is_still_being_answered() {
    let chat = Chat::start_with(Engine::Sqlite, &[("OMNICHAT__SERVER__DRAIN_SECONDS", "1")]).await;
    let user = chat.app.user();
    chat.model.script(Script::text("a b").hold_after(1, &Gate::new()));
    let mut chunks = stream(&user, "gpt-4").await;
    chunks.expect("message").await;
    let (rest, ()) = tokio::join!(chunks.rest(), chat.app.stop());
    assert_eq!(rest.last().unwrap().data["error"]["code"], "service_unavailable");
}
