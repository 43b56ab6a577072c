//! Replies through the gateway, from the services themselves.

use std::time::Duration;

use mock_llm::{Gate, MockLlm, Script};
use serde_json::{Value, json};
use testkit::Event;
use tokio::time::timeout;

use super::super::deployment::Deployment;
use super::super::person::Person;
use super::{Gateway, method, table, with_ids};

/// Less than the 15 seconds after which a silent stream is sent a comment, which would push out what is held back.
const AT_ONCE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_comes_through_word_by_word() {
    let model = MockLlm::start().await;
    let deployment = Deployment::behind_nginx(&model).await;
    let ada = Person::new(&deployment, "ada@example.org").await;
    let conversation = ada.post("/conversations", json!({})).await.expect(201).id("conversation");
    let gate = Gate::new();
    model.script(Script::tokens(["Bees ", "buzz."]).hold_after(1, &gate));

    let mut events = timeout(AT_ONCE, ada.send(&conversation, "What do bees say?")).await.unwrap();
    // What stands in front of the gateway is not to hold it back either.
    assert_eq!(events.headers["x-accel-buffering"], "no");
    let start = timeout(AT_ONCE, events.expect("message_start")).await.unwrap();
    let first = timeout(AT_ONCE, events.expect("token")).await.unwrap();
    let message = start.data["messageId"].as_str().unwrap();
    let mut follower = ada.resume(message, &start.id).await;
    let followed = timeout(AT_ONCE, follower.expect("token")).await.unwrap();
    assert_eq!((&first.data["token"], &followed.data["token"]), (&json!("Bees "), &json!("Bees ")));
    gate.release();
    for mut stream in [events, follower] {
        assert_eq!(Event::text(&stream.rest().await), "buzz.");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_a_stream_ends_its_connection_to_the_service() {
    let Some(gateway) = Gateway::start() else { return };
    let document: Value =
        serde_json::from_str(include_str!("../../../../../docs/openapi/omnichat.json")).unwrap();
    let mut streams = 0;
    for (_, endpoint) in table() {
        let operation =
            &document["paths"][&*endpoint.path][endpoint.method.as_str().to_ascii_lowercase()];
        let content = &operation["responses"]["200"]["content"];
        let asked = gateway.call(method(&endpoint), &with_ids(&endpoint)).await;
        if content.get("text/event-stream").is_some() {
            assert_eq!(asked.json["headers"]["connection"], "close", "{}", endpoint.path);
            streams += 1;
        }
    }
    assert!(streams > 5);
    let kept = gateway.get("/conversations").await;
    assert_eq!(kept.json["headers"]["connection"], Value::Null);
}
