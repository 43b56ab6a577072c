//! Conversations as they were, for whoever has the token.

use mock_llm::{Gate, Script};
use reqwest::Method;
use rstest::rstest;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply};

use super::tombstones::connect;
use super::{Chat, a_conversation, stream, the_project};

async fn send(chat: &Chat, user: &Actor, conversation: &str, text: &str, answer: &str) -> Reply {
    chat.model.script(Script::tokens([answer]));
    let path = format!("/conversations/{conversation}/messages");
    user.post(&path, json!({"content": text})).await.expect(200)
}

async fn share(user: &Actor, conversation: &str) -> Value {
    let shared = user.post(&format!("/conversations/{conversation}/shares"), Value::Null).await;
    shared.expect(201).data("share").clone()
}

/// What anybody sees with the token of a share.
async fn open(chat: &Chat, share: &Value) -> Reply {
    chat.app.anonymous().get(share["url"].as_str().unwrap()).await
}

/// What was said in what anybody sees.
fn said(shown: &Reply) -> Vec<&str> {
    let messages = shown.data("conversation")["messages"].as_array().unwrap();
    messages.iter().map(|message| message["content"].as_str().unwrap()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_has_the_token_sees_the_branch_as_it_was(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let body = json!({"title": "Bees", "model": "gpt-4o", "systemPrompt": "canary"});
    let conversation = a_conversation(&user, body).await;
    let image = json!({"type": "image", "mediaType": "image/png", "data": "iVBORw0KGgo="});
    let parts = json!([image, {"type": "text", "text": "What is this?"}]);
    chat.model.script(Script::tokens(["A bee"]));
    let path = format!("/conversations/{conversation}/messages");
    user.post(&path, json!({"content": parts})).await.expect(200);
    let second = send(&chat, &user, &conversation, "Sure?", "Yes").await;
    chat.model.script(Script::tokens(["No"]));
    let regenerate = format!("/messages/{}/regenerate", second.id("assistantMessage"));
    user.post(&regenerate, json!({})).await.expect(200);

    let shared = share(&user, &conversation).await;
    assert_eq!(shared["token"].as_str().unwrap().len(), 43);
    let shown = open(&chat, &shared).await.expect(200);
    insta::assert_json_snapshot!("shared", testkit::redacted(&shown.json["data"]));
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    assert_eq!(shown.header("x-robots-tag"), Some("noindex"));
    assert!(!shown.text.contains("canary") && !shown.text.contains(&conversation));

    // What is said later, and another branch, is not shown.
    send(&chat, &user, &conversation, "And now?", "Later").await;
    let select = format!("/messages/{}/select", second.id("assistantMessage"));
    user.post(&select, json!({})).await.expect(200);
    user.patch(&format!("/conversations/{conversation}"), json!({"title": "Wasps"})).await;
    let again = open(&chat, &shared).await.expect(200);
    assert_eq!(again.json["data"], shown.json["data"]);
    let newer = share(&user, &conversation).await;
    assert_eq!(
        said(&open(&chat, &newer).await.expect(200)),
        ["What is this?", "A bee", "Sure?", "Yes"]
    );

    let listed = user.get(&format!("/conversations/{conversation}/shares")).await.expect(200);
    let shares = listed.data("shares").as_array().unwrap();
    let described: Vec<_> = shares
        .iter()
        .map(|share| (&share["id"], &share["title"], &share["messageCount"]))
        .collect();
    assert_eq!(
        described,
        [(&newer["id"], &json!("Wasps"), &json!(4)), (&shared["id"], &json!("Bees"), &json!(4))]
    );
    assert!(shares.iter().all(|share| share.get("token").is_none() && share.get("url").is_none()));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_opens_nothing_is_told_in_one_way(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    send(&chat, &user, &conversation, "Hello", "Hi").await;
    let shared = share(&user, &conversation).await;
    let token = shared["token"].as_str().unwrap();
    let taken_back = share(&user, &conversation).await;
    let path = format!("/shares/{}", taken_back["id"].as_str().unwrap());
    assert_eq!(chat.app.user().delete(&path).await.expect(404).code(), "NOT_FOUND");
    let deleted = user.delete(&path).await.expect(200);
    assert_eq!(deleted.json["data"], json!({"deletedShare": taken_back["id"]}));
    assert_eq!(user.delete(&path).await.expect(404).code(), "NOT_FOUND");

    let unknown = "A".repeat(43);
    let expected = chat.app.anonymous().get(&format!("/shared/{unknown}")).await.expect(404);
    let longer = format!("{token}=");
    let hostile = [
        taken_back["token"].as_str().unwrap(),
        shared["id"].as_str().unwrap(),
        &token[1..],
        &longer,
        "x",
        "%00",
        "%27%20OR%201=1--",
        "%F0%9F%90%9D",
    ];
    for token in hostile {
        let refused = chat.app.anonymous().get(&format!("/shared/{token}")).await.expect(404);
        assert_eq!(refused.json["error"], expected.json["error"], "{token}");
    }
    assert_eq!(said(&open(&chat, &shared).await.expect(200)), ["Hello", "Hi"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_share_goes_with_its_conversation_its_project_and_its_owner(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let owner = common::UserId::from(uuid::Uuid::from_u128(5));
    let user = chat.app.user_with_id(owner);
    let project = the_project();
    let mut shares = Vec::new();
    let mut conversations = Vec::new();
    for body in [json!({}), json!({"projectId": project}), json!({})] {
        let conversation = a_conversation(&user, body).await;
        send(&chat, &user, &conversation, "Hello", "Hi").await;
        shares.push(share(&user, &conversation).await);
        conversations.push(conversation);
    }
    let sibling = chat.app.service("a-sibling");
    user.delete(&format!("/conversations/{}", conversations[0])).await.expect(200);
    open(&chat, &shares[0]).await.expect(404);
    open(&chat, &shares[1]).await.expect(200);
    sibling.delete(&format!("/internal/projects/{project}")).await.expect(200);
    open(&chat, &shares[1]).await.expect(404);
    open(&chat, &shares[2]).await.expect(200);
    sibling.delete(&format!("/internal/users/{owner}")).await.expect(200);
    open(&chat, &shares[2]).await.expect(404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_said_yet_is_not_shared(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/shares");
    let request = || user.request(Method::POST, &path);
    assert_eq!(user.send(request()).await.expect(409).code(), "CONFLICT");
    assert_eq!(user.get(&path).await.expect(200).json["data"], json!({"shares": []}));

    let gate = Gate::new();
    chat.model.script(Script::text("a b c").hold_after(1, &gate));
    let mut events = stream(&user, &conversation, "Hello").await;
    events.expect("message_start").await;
    let shared = share(&user, &conversation).await;
    gate.release();
    events.rest().await;
    assert_eq!(said(&open(&chat, &shared).await.expect(200)), ["Hello"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn shares_are_bounded_in_number_and_in_size(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    send(&chat, &user, &conversation, "Hello", "Hi").await;
    for _ in 0..50 {
        share(&user, &conversation).await;
    }
    let path = format!("/conversations/{conversation}/shares");
    assert_eq!(user.post(&path, Value::Null).await.expect(409).code(), "CONFLICT");

    let long = a_conversation(&user, json!({})).await;
    let sent = send(&chat, &user, &long, "Hello", "Hi").await;
    let id: uuid::Uuid = sent.id("assistantMessage").parse().unwrap();
    let db = connect(&chat).await;
    // Fewer characters than bytes.
    let values = ["🐝".repeat(8 * 1024 * 1024 / 4).into(), id.into()];
    let sql = "UPDATE messages SET content = $1 WHERE id = $2";
    let backend = db.connection().get_database_backend();
    let grow = Statement::from_sql_and_values(backend, sql, values);
    db.connection().execute_raw(grow).await.unwrap();
    let path = format!("/conversations/{long}/shares");
    assert_eq!(user.post(&path, Value::Null).await.expect(413).code(), "PAYLOAD_TOO_LARGE");
}
