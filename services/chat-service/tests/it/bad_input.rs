//! Bad input gets the envelope and a code that says what to do, never a 5xx, and nobody is asked.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Engine;

use super::{Chat, a_conversation};

#[tokio::test(flavor = "multi_thread")]
async fn fields_queries_and_ids_are_checked() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let (all, one) = ("/conversations".to_owned(), format!("/conversations/{conversation}"));
    let messages = format!("{one}/messages");
    let cases: Vec<(Method, &String, Value, &str)> = vec![
        (Method::POST, &all, json!({"title": ""}), "title"),
        (Method::POST, &all, json!({"title": "x".repeat(201)}), "title"),
        (Method::POST, &all, json!({"projectId": "x"}), "projectId"),
        (Method::POST, &all, json!({"model": 7}), "model"),
        (Method::POST, &all, json!({"userId": "x"}), "userId"),
        (Method::PATCH, &one, json!({"pinned": "yes"}), "pinned"),
        (Method::PATCH, &one, json!({"messageCount": 7}), "messageCount"),
        (Method::POST, &messages, json!({}), "content"),
        (Method::POST, &messages, json!({"content": " "}), "content"),
        (Method::POST, &messages, json!({"content": "x".repeat(200_001)}), "content"),
        (Method::POST, &messages, json!({"content": "x", "temperature": 2.1}), "temperature"),
        (Method::POST, &messages, json!({"content": "x", "temperature": "hot"}), "temperature"),
        (Method::POST, &messages, json!({"content": "x", "maxTokens": 0}), "maxTokens"),
        (Method::POST, &messages, json!({"content": "x", "history": "none"}), "history"),
        (Method::POST, &messages, json!({"content": "x", "role": "assistant"}), "role"),
        (Method::POST, &messages, json!({"content": "x", "stream": 1}), "stream"),
        (Method::POST, &messages, json!({"content": "a\u{0}b"}), "body"),
    ];
    for (method, path, body, field) in cases {
        let refused = user.send(user.request(method, path).json(&body)).await.expect(400);
        assert_eq!(
            (refused.code(), &refused.json["error"]["details"]["field"]),
            ("VALIDATION_ERROR", &json!(field)),
            "{body}"
        );
    }
    for (path, field) in [
        (format!("{all}?limit=101"), "limit"),
        (format!("{all}?archived=maybe"), "archived"),
        (format!("{all}?projectId=x"), "projectId"),
        (format!("{all}?sort=x"), "sort"),
        (format!("{messages}?limit=201"), "limit"),
        (format!("{messages}?cursor=x"), "cursor"),
        (format!("/messages/{}/stream?after=x", uuid::Uuid::nil()), "after"),
        (format!("/messages/{}/stream?before=x", uuid::Uuid::nil()), "before"),
    ] {
        let refused = user.get(&path).await.expect(400);
        assert_eq!(
            (refused.code(), &refused.json["error"]["details"]["field"]),
            ("VALIDATION_ERROR", &json!(field)),
            "{path}"
        );
    }
    for model in ["../../v1/files", "x?key=", "%2e%2e", "a\r\nb"] {
        let refused =
            user.post(&messages, json!({"content": "x", "model": model})).await.expect(422);
        assert_eq!(refused.code(), "MODEL_UNKNOWN");
    }
    for path in ["/conversations/x", "/messages/x", "/messages/x/stream"] {
        assert_eq!(user.get(path).await.expect(404).code(), "NOT_FOUND");
    }
    assert_eq!(chat.model.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_may_be_larger_than_other_bodies_but_not_without_end() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({"model": "gpt-4o"})).await;
    let path = format!("/conversations/{conversation}/messages");
    // 200,000 characters of four bytes each are more than the model reads, but not more than may be sent.
    let long = user.post(&path, json!({"content": "🐝".repeat(200_000)})).await.expect(422);
    assert_eq!(long.code(), "CONTEXT_TOO_LONG");
    let padded = format!("{{\"content\": \"x\"{}}}", " ".repeat(4 << 20));
    let request =
        user.request(Method::POST, &path).header("content-type", "application/json").body(padded);
    assert_eq!(user.send(request).await.expect(413).code(), "PAYLOAD_TOO_LARGE");
}
