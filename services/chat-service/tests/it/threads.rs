//! Conversations as threads.

use std::collections::BTreeMap;

use mock_llm::{Fault, Refusal, Script};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Event, redacted};

use super::Chat;

async fn a_thread(user: &Actor) -> String {
    user.post("/threads", json!({"title": "Bees"})).await.expect(201).id("thread")
}

/// The texts of each reply, by its model, told apart by their messages' ids.
fn texts(events: &[Event]) -> BTreeMap<String, String> {
    let starts = events.iter().filter(|event| event.event == "message_start");
    let of = |id: &Value| {
        let tokens = events.iter().filter(|e| e.event == "token" && e.data["messageId"] == *id);
        tokens.map(|event| event.data["token"].as_str().unwrap()).collect::<String>()
    };
    starts
        .map(|start| {
            (start.data["modelId"].as_str().unwrap().to_owned(), of(&start.data["messageId"]))
        })
        .collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn each_model_keeps_to_its_own_history(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let thread = a_thread(&user).await;
    let told = || chat.model.last_request().unwrap().messages().into_iter().map(|(_, text)| text);
    for (model, question, answer, history) in [
        ("gpt-4o", "q1", "a1", vec!["q1"]),
        ("gpt-4", "q2", "a2", vec!["q2"]),
        ("gpt-4o", "q3", "a3", vec!["q1", "a1", "q3"]),
    ] {
        chat.model.script(Script::tokens([answer]));
        let path = format!("/threads/{thread}/models/{model}/messages");
        let sent = user.post(&path, json!({"content": question})).await.expect(200);
        assert_eq!(sent.data("assistantMessage")["threadId"], *thread);
        assert_eq!(told().collect::<Vec<_>>(), history);
    }
    let shown = user.get(&format!("/threads/{thread}")).await.expect(200);
    insta::assert_json_snapshot!("thread", redacted(&shown.json));
    let listed = user.get("/threads?limit=1").await.expect(200);
    insta::assert_json_snapshot!("threads", redacted(&listed.json));

    let path = format!("/threads/{thread}/models/gpt-4o/messages?order=asc&limit=3");
    let first = user.get(&path).await.expect(200);
    let cursor = first.json["pagination"]["cursor"].as_str().unwrap();
    let second = user.get(&format!("{path}&cursor={cursor}")).await.expect(200);
    let texts: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|page| page.data("messages").as_array().unwrap())
        .map(|message| message["content"].clone())
        .collect();
    assert_eq!(texts, ["q1", "a1", "q3", "a3"]);

    let path = format!("/threads/{thread}/title");
    let renamed = user.patch(&path, json!({"title": "Wasps"})).await.expect(200);
    assert_eq!(renamed.data("thread")["title"], "Wasps");
    let deleted = user.delete(&format!("/threads/{thread}")).await.expect(200);
    assert_eq!(*deleted.data("deletedThread"), *thread);
    assert_eq!(*deleted.data("deletedMessages"), 6);
    user.get(&format!("/threads/{thread}")).await.expect(404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn several_models_answer_one_message(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let thread = a_thread(&user).await;
    let path = format!("/threads/{thread}/messages");
    chat.model.script_for("gpt-4o", Script::text("I am four o"));
    chat.model.script_for("gpt-4", Script::text("I am four"));
    chat.model.script_for("gpt-4o-mini", Refusal::BadRequest("no".to_owned()));
    let models = ["gpt-4o", "gpt-4", "gpt-4o-mini"];
    let body = json!({"content": "Who are you?", "models": models, "stream": true});
    let events = user.stream(user.request(Method::POST, &path).json(&body)).await.rest().await;
    let said = texts(&events);
    assert_eq!((said["gpt-4o"].as_str(), said["gpt-4"].as_str()), ("I am four o", "I am four"));
    let count = |name: &str| events.iter().filter(|event| event.event == name).count();
    assert_eq!((count("message_complete"), count("error"), count("close")), (2, 1, 1));
    assert_eq!(events.last().unwrap().event, "close");

    // What each sees next is what it said itself; whole, the message and all answers are there once.
    let body = json!({"content": "And now?", "models": ["gpt-4o", "gpt-4"]});
    let sent = user.post(&path, body).await.expect(200);
    assert_eq!(sent.data("assistantMessages").as_array().unwrap().len(), 2);
    assert!(sent.data("usage")["totalTokens"].as_u64().unwrap() > 0);
    for request in chat.model.requests().iter().rev().take(2) {
        let mine = if request.json()["model"] == "gpt-4" { "I am four" } else { "I am four o" };
        let told: Vec<_> = request.messages().into_iter().map(|(_, text)| text).collect();
        assert_eq!(told, ["Who are you?", mine, "And now?"]);
    }
    let all = user.get(&format!("/conversations/{thread}")).await.expect(200);
    let messages = all.data("messages").as_array().unwrap();
    assert_eq!(messages.len(), 4 + 3);
    assert!(messages.iter().all(|message| message["siblingCount"] == 1));

    // Another answer of one of them leaves those beside it.
    let first = messages
        .iter()
        .find(|message| message["modelId"] == "gpt-4o" && message["role"] == "assistant");
    let path = format!("/messages/{}/regenerate", first.unwrap()["id"].as_str().unwrap());
    user.post(&path, json!({})).await.expect(200);
    let all = user.get(&format!("/conversations/{thread}")).await.expect(200);
    let shown: Vec<_> =
        all.data("messages").as_array().unwrap().iter().map(|m| &m["content"]).collect();
    assert_eq!(shown, ["Who are you?", "I am four", "", "I am four o"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_models_that_all_fail_are_an_error() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let thread = a_thread(&user).await;
    let path = format!("/threads/{thread}/messages");
    chat.model.default_script(Fault::Html);
    let body = json!({"content": "Hello", "models": ["gpt-4o", "gpt-4"]});
    let failed = user.post(&path, body).await.expect(502);
    assert!(failed.code().starts_with("PROVIDER_"), "{}", failed.text);
    for models in [json!([]), json!(["gpt-4", "gpt-4"]), json!(["a", "b", "c", "d", "e"])] {
        let refused = user.post(&path, json!({"content": "Hello", "models": models})).await;
        assert_eq!(refused.expect(400).code(), "VALIDATION_ERROR");
    }
    let unknown = user.post(&path, json!({"content": "Hello", "models": ["gpt-4", "none"]})).await;
    assert_eq!(unknown.expect(422).code(), "MODEL_UNKNOWN");
    let kept = user.get(&format!("/threads/{thread}")).await.expect(200);
    assert_eq!(kept.data("thread")["messageCount"], 3);
}
