//! Conversations as chat sessions.

use mock_llm::Script;
use reqwest::Method;
use serde_json::json;
use testkit::{Engine, Event};

use super::{Chat, the_project};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_begins_and_goes_on() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    chat.model.script(Script::text("Hello"));
    let first = json!({"projectId": the_project(), "message": "Hi", "model": "gpt-4o"});
    let begun = user.post("/chat", first).await.expect(200);
    let session = begun.data("sessionId").as_str().unwrap().to_owned();
    let texts = |reply: &testkit::Reply| -> Vec<String> {
        let messages = reply.data("messages").as_array().unwrap().iter();
        messages.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(&begun), ["Hi", "Hello"]);
    chat.model.script(Script::text("Again"));
    let more = json!({"projectId": the_project(), "sessionId": session, "message": "Once more"});
    let gone_on = user.post("/chat", more).await.expect(200);
    assert_eq!(texts(&gone_on), ["Once more", "Again"]);
    assert_eq!(gone_on.data("messages")[1]["modelId"], "gpt-4o");
    assert_eq!(*gone_on.data("sessionId"), *session);

    chat.model.script(Script::text("Streamed"));
    let body = json!({"projectId": the_project(), "message": "Hi", "stream": true});
    let events = user.stream(user.request(Method::POST, "/chat").json(&body)).await.rest().await;
    assert_eq!(Event::text(&events), "Streamed");
    let new = events[0].data["conversationId"].as_str().unwrap();
    assert_ne!(new, session);
    let kept = user.get(&format!("/conversations/{new}")).await.expect(200);
    assert_eq!(kept.data("messages").as_array().unwrap().len(), 2);

    // A session of another project, or of somebody else, is none.
    let other = uuid::Uuid::from_u128(5);
    for (actor, project) in [(&user, other), (&chat.app.user(), the_project().uuid())] {
        let body = json!({"projectId": project, "sessionId": session, "message": "Hi"});
        assert_eq!(actor.post("/chat", body).await.expect(404).code(), "NOT_FOUND");
    }
    let elsewhere = json!({"projectId": other, "message": "Hi"});
    assert_eq!(user.post("/chat", elsewhere).await.expect(404).code(), "NOT_FOUND");
}
