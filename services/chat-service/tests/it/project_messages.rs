//! A project as a conversation.

use mock_llm::{Fault, Gate, Script};
use reqwest::{Method, RequestBuilder};
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Event};

use super::{Chat, the_project};

fn connect(user: &Actor, query: &str) -> RequestBuilder {
    let path = format!("/projects/{}/messages/stream?{query}", the_project());
    user.request(Method::GET, &path)
}

async fn said(user: &Actor) -> Vec<String> {
    let path = format!("/projects/{}/messages?order=asc", the_project());
    let listed = user.get(&path).await.expect(200);
    let messages = listed.data("messages").as_array().unwrap().iter();
    messages.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

fn deltas(events: &[Event]) -> String {
    let deltas = events.iter().filter(|event| event.event == "message");
    deltas.map(|event| event.data["delta"].as_str().unwrap()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_event_source_sends_once_and_hears_all(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    assert!(said(&user).await.is_empty());
    let gate = Gate::new();
    chat.model.script(Script::tokens(["one ", "two ", "three"]).hold_after(2, &gate));
    let query = "content=Count%20%26%20go";
    let mut events = user.stream(connect(&user, query)).await;
    let mut heard = vec![events.next().await.unwrap()];
    while deltas(&heard) != "one two " {
        heard.push(events.next().await.unwrap());
    }
    // The line breaks. The browser connects again, to the same address.
    drop(events);
    let last = heard.last().unwrap().id.clone();
    let mut events = user.stream(connect(&user, query).header("last-event-id", &last)).await;
    gate.release();
    let rest = events.rest().await;
    assert_eq!(deltas(&rest), "three");
    let end = rest.last().unwrap();
    assert_eq!((end.event.as_str(), &end.data["content"]), ("end", &json!("one two three")));

    // Once more, as it does when the server closes: there is nothing left.
    let over = user.send(connect(&user, query).header("last-event-id", &end.id)).await.expect(204);
    assert_eq!(over.text, "");
    // From further back it is told again.
    let again =
        user.stream(connect(&user, query).header("last-event-id", &last)).await.rest().await;
    assert_eq!(deltas(&again), "three");
    assert_eq!(chat.model.requests().len(), 1);
    assert_eq!(said(&user).await, ["Count & go", "one two three"]);

    chat.model.script(Script::text("More"));
    user.stream(connect(&user, "content=More&model=gpt-4o&temperature=0.1")).await.rest().await;
    assert_eq!(said(&user).await.len(), 4);
    let listed = user.get("/conversations").await.expect(200);
    assert_eq!(listed.data("conversations").as_array().unwrap().len(), 1);
    assert!(said(&chat.app.user()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_a_failure_and_not_an_error() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    chat.model.script(Script::tokens(["half", "way"]).fault(Fault::Cut { after_tokens: 1 }));
    let events = user.stream(connect(&user, "content=Hi")).await.rest().await;
    let failure = events.last().unwrap();
    assert_eq!(
        (failure.event.as_str(), &failure.data["code"]),
        ("failure", &json!("PROVIDER_TRUNCATED"))
    );
    assert_eq!(deltas(&events), "half");
    let long = "x".repeat(4_001);
    for query in ["content=", "", &format!("content={long}"), "content=Hi&unknown=1"] {
        let refused = user.send(connect(&user, query)).await.expect(400);
        assert_eq!(refused.code(), "VALIDATION_ERROR");
    }
    let head = user
        .request(Method::HEAD, &format!("/projects/{}/messages/stream?content=Hi", the_project()));
    assert_eq!(user.send(head).await.status, 405);
    let elsewhere = "/projects/00000000-0000-0000-0000-000000000005/messages";
    for path in [elsewhere.to_owned(), format!("{elsewhere}/stream?content=Hi")] {
        assert_eq!(user.get(&path).await.expect(404).code(), "NOT_FOUND");
    }
    assert_eq!(chat.model.requests().len(), 1);
    assert_eq!(Value::from(said(&user).await), json!(["Hi", "half"]));
}
