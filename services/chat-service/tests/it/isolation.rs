//! What is another's is not there.

use mock_llm::{Gate, Script};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply};
use uuid::Uuid;

use super::{Chat, a_conversation, stream};

fn endpoints(conversation: &str, message: &str) -> Vec<(Method, String, Value)> {
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    vec![
        (get.clone(), format!("/conversations/{conversation}"), Value::Null),
        (patch, format!("/conversations/{conversation}"), json!({"title": "stolen"})),
        (delete, format!("/conversations/{conversation}"), Value::Null),
        (get.clone(), format!("/conversations/{conversation}/messages"), Value::Null),
        (
            post.clone(),
            format!("/conversations/{conversation}/messages"),
            json!({"content": "stolen"}),
        ),
        (get.clone(), format!("/messages/{message}"), Value::Null),
        (get, format!("/messages/{message}/stream"), Value::Null),
        (post, format!("/messages/{message}/cancel"), Value::Null),
    ]
}

async fn ask(actor: &Actor, (method, path, body): &(Method, String, Value)) -> Reply {
    let request = actor.request(method.clone(), path);
    actor.send(if body.is_null() { request } else { request.json(body) }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_things_are_as_absent_as_what_never_was_even_while_a_reply_runs() {
    let chat = Chat::start(Engine::Postgres).await;
    let (owner, other) = (chat.app.user(), chat.app.user());
    let conversation = a_conversation(&owner, json!({"title": "canary"})).await;
    let gate = Gate::new();
    chat.model.script(Script::text("a b c").hold_after(1, &gate));
    let mut events = stream(&owner, &conversation, "canary").await;
    let message =
        events.expect("message_start").await.data["messageId"].as_str().unwrap().to_owned();
    let nothing = Uuid::from_u128(7).to_string();

    for (theirs, missing) in
        endpoints(&conversation, &message).iter().zip(endpoints(&nothing, &nothing))
    {
        let (theirs, missing) =
            (ask(&other, theirs).await.expect(404), ask(&other, &missing).await.expect(404));
        assert_eq!(theirs.code(), "NOT_FOUND");
        assert_eq!(theirs.json["error"], missing.json["error"]);
    }
    assert_eq!(
        other.get("/conversations").await.expect(200).json["data"]["conversations"],
        json!([])
    );
    gate.release();
    assert_eq!(events.rest().await.last().unwrap().event, "close");
    assert_eq!(chat.model.requests().len(), 1);
    let kept = owner.get(&format!("/conversations/{conversation}")).await.expect(200);
    assert_eq!(
        (&kept.data("conversation")["title"], &kept.data("conversation")["messageCount"]),
        (&json!("canary"), &json!(2))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_valid_token_nothing_answers() {
    let chat = Chat::start(Engine::Sqlite).await;
    testkit::assert_guarded(&chat.app, &chat_service::routes::endpoints()).await;
}
