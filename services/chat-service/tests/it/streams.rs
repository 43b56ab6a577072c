//! A reply is whole, whoever listens and whenever.

use std::time::Duration;

use chrono::TimeDelta;
use common::domain::revocation::Revocation;
use mock_llm::{Ended, Gate, Script};
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Event, EventStream};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{Chat, a_conversation, resume, stream};

const TOKENS: [&str; 6] = ["Grüße", " 🐝", ", \n\nevent: close\n", " \"bees\"", " say", " buzz.\r"];

/// Sends a message; the stream after its first event, and the reply's id.
async fn begin(user: &Actor, conversation: &str) -> (EventStream, String) {
    let mut events = stream(user, conversation, "What do bees say?").await;
    let start = events.expect("message_start").await;
    (events, start.data["messageId"].as_str().unwrap().to_owned())
}

/// The events of `events` until their text is `text`.
async fn until(events: &mut EventStream, text: &str) -> Vec<Event> {
    let mut seen = Vec::new();
    while Event::text(&seen) != text {
        seen.push(events.expect("token").await);
    }
    seen
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_streams_and_is_stored_byte_for_byte(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    chat.model.script(Script::tokens(TOKENS).reasoning(["Hm", "m."]).usage(12, 34));
    let mut events = stream(&user, &conversation, "What do bees say?").await;
    assert_eq!(events.headers["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(events.headers["x-accel-buffering"], "no");
    assert_eq!(events.headers["cache-control"], "no-cache, no-transform");
    assert_eq!(events.headers["x-content-type-options"], "nosniff");
    assert_eq!(events.headers["referrer-policy"], "no-referrer");
    assert!(events.headers.contains_key("content-security-policy"));

    let start = events.expect("message_start").await;
    let message = start.data["messageId"].as_str().unwrap().to_owned();
    assert_eq!(
        (start.id, &start.data["modelId"]),
        (format!("{message}:0:0"), &json!("gpt-4o-mini"))
    );
    let rest = events.rest().await;
    let names: Vec<&str> = rest.iter().map(|event| event.event.as_str()).collect();
    assert_eq!(names[..2], ["reasoning", "reasoning"]);
    assert_eq!(names[names.len() - 2..], ["message_complete", "close"]);
    let complete = &rest[rest.len() - 2];
    assert_eq!(
        (&complete.data["totalTokens"], &complete.data["finishReason"]),
        (&json!(34), &json!("stop"))
    );
    assert_eq!(
        complete.data["usage"],
        json!({"promptTokens": 12, "completionTokens": 34, "totalTokens": 46, "costUsd": 0.000023})
    );
    assert!(rest.iter().all(|event| event.id.starts_with(&message)));

    let stored = user.get(&format!("/messages/{message}")).await.expect(200);
    let text = TOKENS.concat();
    assert_eq!(Event::text(&rest), text);
    assert_eq!(stored.data("message")["content"], json!(text));
    assert_eq!(stored.data("message")["reasoning"], "Hmm.");
    assert_eq!(chat.model.last_request().unwrap().sent, text);
    assert_eq!(complete.id, format!("{message}:{}:4", text.chars().count()));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_loses_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let gate = Gate::new();
    chat.model.script(Script::tokens(TOKENS).hold_after(3, &gate));

    let (mut events, message) = begin(&user, &conversation).await;
    let mut seen = vec![events.expect("token").await];
    drop(events);

    // Resumed while it runs, from where it was left.
    let mut resumed = resume(&user, &message, Some(&seen[0].id)).await;
    while Event::text(&seen).len() < TOKENS[..3].concat().len() {
        seen.push(resumed.expect("token").await);
    }
    gate.release();
    seen.extend(resumed.rest().await);
    assert_eq!(Event::text(&seen), TOKENS.concat());
    assert_eq!(seen.last().unwrap().event, "close");

    // Resumed after its end, from every place that there was.
    for (number, after) in seen.iter().enumerate() {
        let before = &seen[..=number];
        let rest = resume(&user, &message, Some(&after.id)).await.rest().await;
        assert_eq!(Event::text(before) + &Event::text(&rest), TOKENS.concat());
        assert_eq!(rest.last().unwrap().event, "close");
    }
    let whole = resume(&user, &message, None).await.rest().await;
    assert_eq!((whole[0].event.as_str(), Event::text(&whole)), ("message_start", TOKENS.concat()));
    assert_eq!(chat.model.requests().len(), 1);
    assert_eq!(chat.model.last_request().unwrap().ended, Ended::Finished);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_to_listen_at_all(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let gate = Gate::new();
    chat.model.script(Script::tokens(TOKENS).hold_after(0, &gate));
    let (events, message) = begin(&user, &conversation).await;
    drop(events);
    gate.release();
    let rest = resume(&user, &message, None).await.rest().await;
    assert_eq!(Event::text(&rest), TOKENS.concat());
    let stored = user.get(&format!("/messages/{message}")).await.expect(200);
    assert_eq!(
        (&stored.data("message")["status"], &stored.data("message")["content"]),
        (&json!("complete"), &json!(TOKENS.concat()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_listeners_each_get_the_whole() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let gate = Gate::new();
    chat.model.script(Script::generated(2_000).hold_after(1_000, &gate));
    let (mut events, message) = begin(&user, &conversation).await;
    gate.reached().await;
    let mut listeners = Vec::new();
    for _ in 0..10 {
        listeners.push(resume(&user, &message, None).await);
    }
    gate.release();
    let first = Event::text(&events.rest().await);
    for mut listener in listeners {
        assert_eq!(Event::text(&listener.rest().await), first);
    }
    assert_eq!(first, chat.model.last_request().unwrap().sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_come_is_checkpointed_and_another_process_can_follow_it() {
    let chat = Chat::start_with(
        Engine::Postgres,
        &[("OMNICHAT__GENERATION__CHECKPOINT_MILLISECONDS", "50")],
    )
    .await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let gate = Gate::new();
    chat.model.script(Script::tokens(TOKENS).hold_after(2, &gate));
    let (_events, message) = begin(&user, &conversation).await;

    let replica = chat.replica().await;
    let elsewhere = user.at(&replica.base_url);
    let mut following = resume(&elsewhere, &message, None).await;
    following.expect("message_start").await;
    let mut seen = until(&mut following, &TOKENS[..2].concat()).await;
    let stored = elsewhere.get(&format!("/messages/{message}")).await.expect(200);
    assert_eq!(
        (&stored.data("message")["status"], &stored.data("message")["content"]),
        (&json!("streaming"), &json!(TOKENS[..2].concat()))
    );
    gate.release();
    seen.extend(following.rest().await);
    assert_eq!(Event::text(&seen), TOKENS.concat());
    assert_eq!(seen.last().unwrap().event, "close");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_cut_off_by_the_process_end_is_kept_and_says_so(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start_with(engine, &[("OMNICHAT__SERVER__DRAIN_SECONDS", "0")]).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let gate = Gate::new();
    chat.model.script(Script::tokens(TOKENS).hold_after(2, &gate));
    let (mut events, message) = begin(&user, &conversation).await;
    until(&mut events, &TOKENS[..2].concat()).await;
    let replica = chat.replica().await;
    let (stopped, rest) = tokio::join!(chat.app.stop(), events.rest());
    let () = stopped;
    assert_eq!(
        (rest[0].event.as_str(), &rest[0].data["code"], &rest[0].data["retryable"]),
        ("error", &json!("SERVER_DRAINING"), &json!(true))
    );

    let stored = user.at(&replica.base_url).get(&format!("/messages/{message}")).await.expect(200);
    let message = stored.data("message");
    assert_eq!(
        (&message["status"], &message["content"]),
        (&json!("interrupted"), &json!(TOKENS[..2].concat()))
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_conversation_stops_its_reply_and_the_call(#[values(true, false)] here: bool) {
    let chat = Chat::start(Engine::Postgres).await;
    let (user, replica) = (chat.app.user(), chat.replica().await);
    let conversation = a_conversation(&user, json!({})).await;
    let gate = Gate::new();
    chat.model.script(Script::tokens(TOKENS).hold_after(2, &gate));
    let mut events = stream(&user, &conversation, "What do bees say?").await;
    events.expect("message_start").await;
    gate.reached().await;
    let deleter = if here { user.clone() } else { user.at(&replica.base_url) };
    deleter.delete(&format!("/conversations/{conversation}")).await.expect(200);
    let rest = events.rest().await;
    let error = rest.iter().find(|event| event.event == "error").unwrap();
    assert_eq!(error.data["code"], "CONVERSATION_DELETED");
    assert_eq!(rest.last().unwrap().event, "close");
    chat.model.wait_for(|log| log[0].ended == Ended::ClientLeft).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_accept_header_or_the_body_chooses_the_form() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let send = async |accept: &str, body: Value| {
        let request =
            user.request(reqwest::Method::POST, &path).header("accept", accept).json(&body);
        let reply = user.send(request).await.expect(200);
        reply.header("content-type").unwrap().split(';').next().unwrap().to_owned()
    };
    let (json, events) = ("application/json", "text/event-stream");
    assert_eq!(send("*/*", json!({"content": "x"})).await, json);
    assert_eq!(send(events, json!({"content": "x"})).await, events);
    assert_eq!(send(events, json!({"content": "x", "stream": false})).await, json);
    assert_eq!(send(json, json!({"content": "x", "stream": true})).await, events);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_stopped_in_every_phase_from_any_process(
    #[values(false, true)] from_elsewhere: bool,
    #[values(0, 2)] after_tokens: usize,
) {
    let checkpoints = [("OMNICHAT__GENERATION__CHECKPOINT_MILLISECONDS", "50")];
    let chat = Chat::start_with(Engine::Postgres, &checkpoints).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let gate = Gate::new();
    chat.model.script(Script::tokens(TOKENS).hold_after(after_tokens, &gate));
    let (mut events, message) = begin(&user, &conversation).await;
    until(&mut events, &TOKENS[..after_tokens].concat()).await;
    gate.reached().await;

    let replica = chat.replica().await;
    let canceller = if from_elsewhere { user.at(&replica.base_url) } else { user.clone() };
    let path = format!("/messages/{message}/cancel");
    let cancelled = canceller.post(&path, Value::Null).await.expect(200);
    assert_eq!(cancelled.data("message")["status"], "cancelled");
    assert_eq!(cancelled.data("message")["content"], TOKENS[..after_tokens].concat());
    let rest = events.rest().await;
    assert_eq!(
        (rest[0].event.as_str(), &rest[0].data["finishReason"]),
        ("message_complete", &json!("cancelled"))
    );
    assert_eq!(rest[1].event, "close");
    chat.model.wait_for(|log| log[0].ended == Ended::ClientLeft).await;

    // Once more changes nothing, and the conversation is free.
    let again = canceller.post(&path, Value::Null).await.expect(200);
    assert_eq!(again.data("message")["status"], "cancelled");
    user.post(&format!("/conversations/{conversation}/messages"), json!({"content": "x"}))
        .await
        .expect(200);
    assert_eq!(
        canceller.post(&path, Value::Null).await.expect(200).data("message")["status"],
        "cancelled"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn resuming_elsewhere_ahead_of_the_last_checkpoint_repeats_nothing() {
    let late = [
        ("OMNICHAT__GENERATION__CHECKPOINT_MILLISECONDS", "9000"),
        ("OMNICHAT__GENERATION__LEASE_SECONDS", "20"),
    ];
    let chat = Chat::start_with(Engine::Postgres, &late).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let gate = Gate::new();
    chat.model.script(Script::tokens(TOKENS).hold_after(3, &gate));
    let (mut events, message) = begin(&user, &conversation).await;
    let mut seen = until(&mut events, &TOKENS[..3].concat()).await;
    drop(events);

    // Nothing of it is stored yet.
    let replica = chat.replica().await;
    let mut elsewhere =
        resume(&user.at(&replica.base_url), &message, Some(&seen.last().unwrap().id)).await;
    gate.release();
    seen.extend(elsewhere.rest().await);
    assert_eq!(Event::text(&seen), TOKENS.concat());
    assert_eq!(seen.last().unwrap().event, "close");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_replies_stream_and_only_from_their_own_events() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let sent = user.post(&path, json!({"content": "x"})).await.expect(200);
    let (question, reply) = (sent.id("userMessage"), sent.id("assistantMessage"));
    let refused = user.get(&format!("/messages/{question}/stream")).await.expect(404);
    assert_eq!(refused.code(), "NOT_FOUND");
    let refused =
        user.get(&format!("/messages/{reply}/stream?after={question}:0:0")).await.expect(400);
    assert_eq!(refused.json["error"]["details"]["field"], "after");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_session_and_the_reply_does_not(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let gate = Gate::new();
    chat.model.script(Script::tokens(TOKENS).hold_after(1, &gate));
    let (mut sender, message) = begin(&user, &conversation).await;
    until(&mut sender, TOKENS[0]).await;
    let replica = chat.replica().await;
    let mut follower = resume(&replica.bearer(user.token()), &message, None).await;
    follower.expect("message_start").await;
    until(&mut follower, TOKENS[0]).await;

    for (app, mut events) in [(&chat.app, sender), (&replica, follower)] {
        let session = app.instance.keys.verify_access(user.token()).unwrap().sid;
        let until = app.instance.clock.now() + TimeDelta::minutes(15);
        app.instance.revocations.revoke(Revocation { session, until });
        let error = events.expect("error").await;
        assert_eq!(error.data["code"], "SESSION_REVOKED");
        assert_eq!(error.data["messageId"], message);
        assert_eq!(error.id, format!("{message}:{}:0", TOKENS[0].chars().count()), "where it was");
        assert_eq!(events.rest().await[0].event, "close");
    }

    gate.release();
    let elsewhere = chat.app.with_claims(&user, |claims| claims.sid = chat.app.instance.ids.next());
    let rest = resume(&elsewhere, &message, None).await.rest().await;
    assert_eq!(Event::text(&rest), TOKENS.concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_let_go_and_its_reply_is_whole() {
    const PIECE: usize = 32 * 1024;
    let chat =
        Chat::start_with(Engine::Sqlite, &[("OMNICHAT__SERVER__STALLED_SECONDS", "1")]).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    // More than the two ends' buffers hold by themselves.
    chat.model.script(Script::tokens(vec!["x".repeat(PIECE); 24]));
    let address = chat.app.base_url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let body = r#"{"content": "Hi", "stream": true}"#;
    let head = format!(
        "POST /conversations/{conversation}/messages HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        user.token(),
        body.len()
    );
    connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();

    // Nobody reads. That the other end has gone shows when something is written to it. Not too often: with each sign of life its
    // kernel waits anew before it asks whether there is room.
    let until_gone = async {
        let mut again = tokio::time::interval(Duration::from_secs(2));
        while connection.write_all(b"\n").await.is_ok() {
            again.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), until_gone).await.unwrap();
    let path = format!("/conversations/{conversation}/messages");
    let stored = user.get(&path).await.expect(200);
    let reply = &stored.data("messages")[0];
    assert_eq!((&reply["status"], &reply["role"]), (&json!("complete"), &json!("assistant")));
    assert_eq!(reply["content"].as_str().unwrap().len(), 24 * PIECE);
}
