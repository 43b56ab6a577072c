//! Models that must be loaded before they can answer.

use mock_llm::{Gate, Recorded, Refusal, Script};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Event, EventStream};

use super::{Chat, a_conversation};

const PULL: [(&str, &str); 1] = [("OMNICHAT__OLLAMA__PULL", "true")];

async fn status(user: &Actor, model: &str) -> Value {
    user.get(&format!("/models/{model}/status")).await.expect(200).json["data"].clone()
}

async fn load(user: &Actor, model: &str) -> Value {
    user.post(&format!("/models/{model}/load"), json!({})).await.expect(202).json["data"].clone()
}

async fn follow(user: &Actor, job: &Value) -> EventStream {
    let (model, id) = (job["modelId"].as_str().unwrap(), job["jobId"].as_str().unwrap());
    let path = format!("/models/{model}/load/stream?jobId={id}");
    user.stream(user.request(Method::GET, &path)).await
}

/// Reads to the end, which must be `status`, then `close`; the last status.
async fn ending(events: &mut EventStream) -> Value {
    let mut events: Vec<Event> = events.rest().await;
    assert_eq!(events.pop().unwrap().event, "close");
    let done = |event: &Event| event.data["loadProgress"].as_u64().unwrap();
    assert!(events.iter().all(|event| event.event == "status"));
    assert!(events.is_sorted_by(|a, b| done(a) <= done(b)), "{events:?}");
    events.pop().unwrap().data
}

fn pulls(log: &[Recorded]) -> usize {
    log.iter().filter(|request| request.path == "/api/pull").count()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_fetched_and_loaded_whoever_listens(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start_with(engine, &PULL).await;
    chat.model.pulled(["phi"]);
    let user = chat.app.user();
    let before = status(&user, "llama3").await;
    assert_eq!((&before["status"], &before["loadProgress"]), (&json!("not_loaded"), &json!(0)));

    let gate = Gate::new();
    chat.model.loading_script(Script::generated(6).hold_after(4, &gate));
    let job = load(&user, "llama3").await;
    assert_eq!((&job["status"], &job["estimatedTime"]), (&json!("loading"), &Value::Null));
    let mut events = follow(&user, &job).await;
    assert_eq!(events.expect("status").await.data["status"], "loading");
    // Nobody listens any more; somebody else asks for the same.
    drop(events);
    let other = chat.app.user();
    assert_eq!(load(&other, "llama3").await["jobId"], job["jobId"]);
    assert_eq!(status(&other, "llama3").await["status"], "loading");
    let mut events = follow(&other, &job).await;
    gate.release();
    let last = ending(&mut events).await;
    insta::assert_json_snapshot!("loaded", last);

    let after = status(&user, "llama3").await;
    assert_eq!((&after["status"], &after["loadProgress"]), (&json!("loaded"), &json!(100)));
    assert_eq!(
        (&after["memoryUsage"], &after["estimatedLoadTime"]),
        (&json!("2.0GB"), &Value::Null)
    );
    assert!(after["memoryBytes"].as_u64() > Some(1_000_000) && after["lastLoaded"].is_string());
    assert_eq!(pulls(&chat.model.requests()), 1);

    // Loading it again is nothing to speak of.
    let again = load(&user, "llama3").await;
    assert!(again["estimatedTime"].as_u64() >= Some(1) && again["jobId"] != job["jobId"]);
    assert_eq!(ending(&mut follow(&user, &again).await).await["status"], "loaded");
    assert_eq!(pulls(&chat.model.requests()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_fetched_where_that_is_not_allowed() {
    let chat = Chat::start(Engine::Sqlite).await;
    chat.model.pulled(["phi"]);
    let user = chat.app.user();
    assert_eq!(status(&user, "llama3").await["status"], "unavailable");
    let refused = user.post("/models/llama3/load", json!({})).await.expect(403);
    assert_eq!(refused.code(), "FORBIDDEN");
    assert_eq!(pulls(&chat.model.requests()), 0);
    let conversation = a_conversation(&user, json!({"model": "llama3"})).await;
    let path = format!("/conversations/{conversation}/messages");
    let sent = user.post(&path, json!({"content": "Hi"})).await.expect(422);
    assert_eq!(sent.code(), "MODEL_NOT_LOADED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_no_loading_is_loaded() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    assert_eq!(status(&user, "gpt-4o-mini").await["status"], "loaded");
    // It is not offered beside others.
    assert_eq!(status(&user, "demo").await["status"], "unavailable");
    let refused = user.post("/models/gpt-4o-mini/load", json!({})).await.expect(422);
    assert_eq!(refused.code(), "UNSUPPORTED_BY_MODEL");
    for hostile in ["nothing", "..%2F..%2Fapi%2Fpull", "a%2Fb", "llama3%0d%0ax:%20y", "LLAMA3"] {
        for (method, rest) in
            [(Method::GET, "status"), (Method::POST, "load"), (Method::GET, "load/stream")]
        {
            let path = format!("/models/{hostile}/{rest}");
            let refused = user.send(user.request(method, &path)).await.expect(404);
            assert_eq!(refused.code(), "NOT_FOUND", "{path}");
        }
    }
    let missing = user.get("/models/llama3/load/stream?jobId=7").await.expect(400);
    assert_eq!(missing.code(), "VALIDATION_ERROR");
    assert!(chat.model.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_tried_again_and_a_refusal_is_not() {
    let chat = Chat::start_with(Engine::Sqlite, &PULL).await;
    chat.model.pulled(["phi"]);
    let user = chat.app.user();
    chat.model.loading_script(Script::generated(6).fault(Refusal::Failed(500).after(2)));
    let job = load(&user, "llama3").await;
    assert_eq!(ending(&mut follow(&user, &job).await).await["status"], "loaded");
    assert_eq!(pulls(&chat.model.requests()), 2);

    chat.model.loading_script(Refusal::BadRequest("sk-canary".to_owned()));
    let job = load(&user, "mistral").await;
    let last = ending(&mut follow(&user, &job).await).await;
    assert_eq!(last["status"], "error");
    assert!(!last["detail"].as_str().unwrap().contains("canary"));
    assert_eq!(pulls(&chat.model.requests()), 3);
    assert_eq!(status(&user, "mistral").await["status"], "error");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_job_outlives_the_process_that_was_at_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start_with(engine, &PULL).await;
    chat.model.pulled(["phi"]);
    let user = chat.app.user();
    let gate = Gate::new();
    chat.model.loading_script(Script::generated(6).hold_after(4, &gate));
    let job = load(&user, "llama3").await;
    chat.model.wait_for(|log| pulls(log) == 1).await;
    let replica = chat.replica().await;
    chat.app.stop().await;
    let user = user.at(&replica.base_url);
    assert_eq!(ending(&mut follow(&user, &job).await).await["status"], "loaded");
    assert_eq!(pulls(&chat.model.requests()), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_loads_a_model_that_is_there() {
    let chat = Chat::start(Engine::Sqlite).await;
    chat.model.pulled(["llama3"]);
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({"model": "llama3"})).await;
    let path = format!("/conversations/{conversation}/messages");
    for is_first in [true, false] {
        // Whoever hears the answer is not told any more what came before it.
        let gate = Gate::new();
        chat.model.script(Script::text("Hello").hold_after(0, &gate));
        let body = json!({"content": "Hi", "stream": true});
        let mut events = user.stream(user.request(Method::POST, &path).json(&body)).await;
        events.expect("message_start").await;
        if is_first {
            assert_eq!(events.expect("status").await.data["status"], "loading");
        }
        gate.release();
        let rest = events.rest().await;
        assert_eq!(Event::text(&rest), "Hello");
        assert!(rest.iter().all(|event| event.event != "status"), "{rest:?}");
    }
}
