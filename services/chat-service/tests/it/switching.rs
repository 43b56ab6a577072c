//! One conversation, and a model of another provider for each turn.

use mock_llm::Script;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use testkit::{Engine, Event};

use super::{Chat, KEYS, a_conversation};

/// A model of each provider.
const MODELS: [&str; 5] = ["gpt-4o-mini", "claude-haiku", "gemini", "deepseek", "llama3"];

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_provider_sees_what_was_said_with_the_others(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start_with(engine, &KEYS).await;
    chat.model.pulled(["llama3"]);
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let mut said: Vec<(String, String)> = Vec::new();
    for (turn, model) in MODELS.iter().chain(MODELS.iter().rev()).enumerate() {
        let (question, answer) = (format!("Question {turn}"), format!("answer {turn}"));
        chat.model.script(Script::tokens([answer.clone()]));
        let body = json!({"content": question, "model": model, "stream": true});
        let path = format!("/conversations/{conversation}/messages");
        let events = user.stream(user.request(Method::POST, &path).json(&body)).await.rest().await;
        assert_eq!(Event::text(&events), answer, "{model}: {events:?}");
        let complete = &events[events.len() - 2];
        assert_eq!(complete.event, "message_complete", "{model}");
        assert!(complete.data["usage"]["completionTokens"].as_u64().unwrap() > 0, "{model}");
        said.push(("user".to_owned(), question));
        // Google calls the assistant a model.
        let told = chat.model.last_request().unwrap().messages().into_iter();
        let told: Vec<_> =
            told.map(|(role, text)| (role.replace("model", "assistant"), text)).collect();
        assert_eq!(told, said, "{model}");
        said.push(("assistant".to_owned(), answer));
    }

    // Each model alone, where that is asked for.
    chat.model.script(Script::tokens(["alone"]));
    let body = json!({"content": "Only us", "model": "gemini", "history": "model"});
    let path = format!("/conversations/{conversation}/messages");
    user.post(&path, body).await.expect(200);
    let told = chat.model.last_request().unwrap().messages();
    let texts: Vec<&str> = told.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["Question 2", "answer 2", "Question 7", "answer 7", "Only us"]);
}
