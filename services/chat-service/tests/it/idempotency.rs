//! Sends that are made again with their key.

use std::time::Duration;

use chat_service::ChatService;
use chat_service::repositories::SqlIdempotency;
use common::domain::idempotency::IdempotencyKey;
use common::repositories::IdempotencyRepository;
use futures_util::future::join_all;
use mock_llm::{Fault, Gate, Script};
use platform::cli::Service;
use platform::db::Database;
use platform::settings::DatabaseSettings;
use reqwest::{Method, RequestBuilder};
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Event, Reply, settings};

use super::{Chat, a_conversation, the_project};

fn keyed(user: &Actor, path: &str, key: &str, body: &Value) -> RequestBuilder {
    user.request(Method::POST, path).header("idempotency-key", key).json(body)
}

async fn send(user: &Actor, path: &str, key: &str, body: &Value) -> Reply {
    user.send(keyed(user, path, key, body)).await
}

async fn texts(user: &Actor, conversation: &str) -> Vec<String> {
    let path = format!("/conversations/{conversation}/messages?order=asc");
    let listed = user.get(&path).await.expect(200);
    let messages = listed.data("messages").as_array().unwrap().iter();
    messages.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

fn message_of(events: &[Event]) -> &Value {
    &events[0].data["messageId"]
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_has_ended_is_told_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let (user, other) = (chat.app.user(), chat.app.user());
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let body = json!({"content": "Hi"});
    chat.model.script(Script::text("Hello there"));
    let first = send(&user, &path, "k-1", &body).await.expect(200);
    let replica = chat.replica().await;
    for base_url in [&chat.app.base_url, &replica.base_url] {
        let user = user.at(base_url);
        let again = send(&user, &path, "k-1", &body).await.expect(200);
        assert_eq!(again.json["data"], first.json["data"]);
        let request = keyed(&user, &path, "k-1", &body).header("accept", "text/event-stream");
        let events = user.stream(request).await.rest().await;
        assert_eq!(Event::text(&events), "Hello there");
        assert_eq!(*message_of(&events), first.data("assistantMessage")["id"]);
        assert_eq!(events.last().unwrap().event, "close");
    }

    // The key is for this alone.
    let elsewhere = format!("/conversations/{}/messages", a_conversation(&user, json!({})).await);
    for (path, body) in [(&path, json!({"content": "Ho"})), (&elsewhere, body.clone())] {
        let refused = send(&user, path, "k-1", &body).await.expect(422);
        assert_eq!(refused.code(), "IDEMPOTENCY_MISMATCH");
    }
    assert_eq!(chat.model.requests().len(), 1);
    assert_eq!(texts(&user, &conversation).await, ["Hi", "Hello there"]);

    // Another person's key is another key, and so is another key of the same person.
    let theirs = a_conversation(&other, json!({})).await;
    let their_path = format!("/conversations/{theirs}/messages");
    send(&other, &their_path, "k-1", &body).await.expect(200);
    send(&user, &path, "k-2", &body).await.expect(200);
    assert_eq!(chat.model.requests().len(), 3);
    // What is deleted is not told again.
    user.delete(&format!("/conversations/{conversation}")).await.expect(200);
    send(&user, &path, "k-1", &body).await.expect(404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_is_under_way_is_joined(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let replica = chat.replica().await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let gate = Gate::new();
    chat.model.script(Script::tokens(["one ", "two"]).hold_after(1, &gate));
    let body = json!({"content": "Count"});
    let events_of =
        |user: &Actor| keyed(user, &path, "k", &body).header("accept", "text/event-stream");
    let mut first = user.stream(events_of(&user)).await;
    let start = first.expect("message_start").await;
    gate.reached().await;
    let mut joined = Vec::new();
    for base_url in [&chat.app.base_url, &replica.base_url] {
        let user = user.at(base_url);
        let refused = send(&user, &path, "k", &body).await.expect(409);
        assert_eq!(refused.code(), "IDEMPOTENCY_IN_PROGRESS");
        assert_eq!(refused.header("retry-after"), Some("1"));
        assert_eq!(refused.json["error"]["details"]["messageId"], start.data["messageId"]);
        joined.push(user.stream(events_of(&user)).await);
    }
    drop(first);
    gate.release();
    for mut events in joined {
        let events = events.rest().await;
        assert_eq!(Event::text(&events), "one two");
        assert_eq!(*message_of(&events), start.data["messageId"]);
    }
    let whole = send(&user, &path, "k", &body).await.expect(200);
    assert_eq!(whole.data("assistantMessage")["content"], "one two");
    assert_eq!(chat.model.requests().len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_sends_made_at_once_one_begins(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(true, false)] in_a_session: bool,
) {
    let chat = Chat::start_with(engine, &[("OMNICHAT__RATE_LIMITS__ENABLED", "false")]).await;
    let (second, third) = (chat.replica().await, chat.replica().await);
    let user = chat.app.user();
    chat.model.default_script(Script::text("Once"));
    let (path, body) = if in_a_session {
        let body = json!({"projectId": the_project(), "message": "Hi", "stream": true});
        ("/chat".to_owned(), body)
    } else {
        let conversation = a_conversation(&user, json!({})).await;
        (
            format!("/conversations/{conversation}/messages"),
            json!({"content": "Hi", "stream": true}),
        )
    };
    let replicas = [&chat.app.base_url, &second.base_url, &third.base_url];
    let sends = (0..50).map(|number| {
        let user = user.at(replicas[number % replicas.len()]);
        let (path, body) = (path.clone(), body.clone());
        async move { user.stream(keyed(&user, &path, "k", &body)).await.rest().await }
    });
    let told = join_all(sends).await;
    for events in &told {
        assert_eq!(Event::text(events), "Once");
        assert_eq!(message_of(events), message_of(&told[0]));
    }
    assert_eq!(chat.model.requests().len(), 1);
    let listed = user.get("/conversations").await.expect(200);
    let conversations = listed.data("conversations").as_array().unwrap();
    assert_eq!(conversations.len(), 1, "none is left behind");
    assert_eq!(texts(&user, conversations[0]["id"].as_str().unwrap()).await, ["Hi", "Once"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_outlives_its_process_and_a_failure_stays_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let body = json!({"content": "Hi"});
    chat.model.script(Script::tokens(["half", "way"]).fault(Fault::Cut { after_tokens: 1 }));
    let failed = send(&user, &path, "k", &body).await.expect(502);
    let next = chat.replica().await;
    std::mem::replace(&mut chat.app, next).stop().await;
    let user = user.at(&chat.app.base_url);
    let again = send(&user, &path, "k", &body).await.expect(502);
    assert_eq!(again.json["error"], failed.json["error"]);
    let request = keyed(&user, &path, "k", &body).header("accept", "text/event-stream");
    let events = user.stream(request).await.rest().await;
    assert_eq!(Event::text(&events), "half");
    assert!(events.iter().any(|event| event.data["code"] == "PROVIDER_TRUNCATED"));
    assert_eq!(chat.model.requests().len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whatever_sends_takes_a_key(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let thread = a_conversation(&user, json!({})).await;
    chat.model.default_script(Script::text("Answer"));
    let path = format!("/conversations/{thread}/messages");
    let sent = user.post(&path, json!({"content": "Hi"})).await.expect(200);
    let id = |name: &str| sent.data(name)["id"].as_str().unwrap().to_owned();
    let sends = [
        (format!("/messages/{}/edit", id("userMessage")), json!({"content": "Ho"})),
        (format!("/messages/{}/regenerate", id("assistantMessage")), json!({})),
        (format!("/threads/{thread}/models/gpt-4/messages"), json!({"content": "Hi"})),
        (
            format!("/threads/{thread}/messages"),
            json!({"content": "Hi", "models": ["gpt-4o", "gpt-4"]}),
        ),
        ("/chat".to_owned(), json!({"projectId": the_project(), "message": "Hi"})),
    ];
    for (number, (path, body)) in sends.iter().enumerate() {
        let key = format!("key-{number}");
        let first = send(&user, path, &key, body).await.expect(200);
        let calls = chat.model.requests().len();
        let again = send(&user, path, &key, body).await.expect(200);
        assert_eq!(again.json["data"], first.json["data"], "{path}");
        let request = keyed(&user, path, &key, body).header("accept", "text/event-stream");
        let events = user.stream(request).await.rest().await;
        let count = |name: &str| events.iter().filter(|event| event.event == name).count();
        let models = body["models"].as_array().map_or(1, Vec::len);
        assert_eq!((count("message_start"), count("message_complete")), (models, models), "{path}");
        assert_eq!((count("close"), count("error")), (1, 0), "{path}");
        assert_eq!(chat.model.requests().len(), calls, "{path}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_event_source_may_have_a_key(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let replica = chat.replica().await;
    let user = chat.app.user();
    let connect = async |user: &Actor, query: &str| {
        let path = format!("/projects/{}/messages/stream?{query}", the_project());
        user.stream(user.request(Method::GET, &path)).await
    };
    let gate = Gate::new();
    chat.model.script(Script::tokens(["one ", "two"]).hold_after(1, &gate));
    // The line breaks before anything was heard, so that the browser has no id to go on from.
    drop(connect(&user, "content=Hi&idempotencyKey=k").await);
    gate.reached().await;
    let mut joined = connect(&user, "content=Hi&idempotencyKey=k").await;
    let mut there = connect(&user.at(&replica.base_url), "content=Hi&idempotencyKey=k").await;
    gate.release();
    for events in [&mut joined, &mut there] {
        let end = events.rest().await.pop().unwrap();
        assert_eq!((end.event.as_str(), &end.data["content"]), ("end", &json!("one two")));
    }
    assert_eq!(chat.model.requests().len(), 1);
    for (query, status) in
        [("content=Ho&idempotencyKey=k", 422), ("content=Hi&idempotencyKey=", 400)]
    {
        let path = format!("/projects/{}/messages/stream?{query}", the_project());
        user.get(&path).await.expect(status);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_keeps_no_key_and_a_day_later_it_is_forgotten(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let id = chat.app.instance.ids.next();
    let user = chat.app.user_with_id(id);
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let body = json!({"content": "Hi"});
    for key in ["", "a b", &"k".repeat(256)] {
        let refused = send(&user, &path, key, &body).await.expect(400);
        assert_eq!(refused.code(), "VALIDATION_ERROR");
        assert_eq!(refused.json["error"]["details"]["field"], "Idempotency-Key");
    }
    send(&user, &path, "k", &json!({"content": ""})).await.expect(400);
    send(&user, &path, "k", &json!({"content": "Hi", "model": "none"})).await.expect(422);
    chat.model.script(Script::text("Hello"));
    send(&user, &path, "k", &body).await.expect(200);

    let settings = settings(&[ChatService::DEFAULTS], &chat.database, &[]);
    let db = Database::connect(&DatabaseSettings::from(&settings).unwrap(), "chat").await.unwrap();
    let (keys, key) = (SqlIdempotency::new(db), "k".parse::<IdempotencyKey>().unwrap());
    let now = chat.clock.now();
    assert_eq!(keys.delete_before(now - Duration::from_secs(60)).await.unwrap(), 0);
    assert_eq!(keys.find(id, &key).await.unwrap().unwrap().replies.len(), 1);
    assert!(keys.find(chat.app.instance.ids.next(), &key).await.unwrap().is_none());
    assert_eq!(keys.delete_before(now + Duration::from_secs(60)).await.unwrap(), 1);
    assert!(keys.find(id, &key).await.unwrap().is_none());
}
