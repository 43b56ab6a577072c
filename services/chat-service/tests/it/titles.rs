//! What models call conversations and projects.

use std::time::Duration;

use mock_llm::{Ended, Gate, Recorded, Script};
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine};
use tokio::time::{sleep, timeout};

use super::{Chat, a_conversation, the_project};

const AUTOMATIC: [(&str, &str); 1] = [("OMNICHAT__TITLES__AUTOMATIC", "true")];

async fn exchange(chat: &Chat, user: &Actor, conversation: &str) {
    chat.model.script(Script::text("In the park."));
    let path = format!("/conversations/{conversation}/messages");
    user.post(&path, json!({"content": "Where shall we walk?"})).await.expect(200);
}

async fn title(user: &Actor, conversation: &str) -> Value {
    let found = user.get(&format!("/conversations/{conversation}")).await.expect(200);
    found.data("conversation")["title"].clone()
}

async fn wait_for_title(user: &Actor, conversation: &str, expected: &str) {
    let named = async {
        while title(user, conversation).await != expected {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(30), named).await.unwrap();
}

fn titles(log: &[Recorded]) -> Vec<&Recorded> {
    let is_title = |request: &&Recorded| {
        request.messages().first().is_some_and(|(_, text)| text.starts_with("You name"))
    };
    log.iter().filter(is_title).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_named_by_its_model_when_it_is_asked_to(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({"title": "Mine"})).await;
    let path = format!("/conversations/{conversation}/title");
    assert_eq!(user.post(&path, json!({})).await.expect(409).code(), "CONFLICT");
    exchange(&chat, &user, &conversation).await;
    assert_eq!(title(&user, &conversation).await, "Mine");

    chat.model.script(Script::tokens(["\n**\"A Walk in the Park\"**\nIt says where."]));
    let named = user.post(&path, json!({})).await.expect(200);
    assert_eq!(named.data("conversation")["title"], "A Walk in the Park");
    assert_eq!(title(&user, &conversation).await, "A Walk in the Park");
    let asked = chat.model.last_request().unwrap().messages()[1].1.clone();
    assert_eq!(asked, "User:\nWhere shall we walk?\n\nAssistant:\nIn the park.");

    for nothing in ["", "\"\"", "***\n"] {
        chat.model.script(Script::tokens([nothing]));
        assert_eq!(user.post(&path, json!({})).await.expect(502).code(), "PROVIDER_PROTOCOL");
    }
    assert_eq!(title(&user, &conversation).await, "A Walk in the Park");
    let usage = user.get("/usage").await.expect(200);
    assert!(usage.json["data"]["total"]["requests"].as_u64() >= Some(2));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_nobody_named_is_named_unasked_where_that_is_wanted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start_with(engine, &AUTOMATIC).await;
    let user = chat.app.user();
    let mine = a_conversation(&user, json!({"title": "Mine"})).await;
    exchange(&chat, &user, &mine).await;

    // Its owner is faster than the model.
    let gate = Gate::new();
    chat.model.default_script(Script::text("Too late").hold_after(0, &gate));
    let renamed = a_conversation(&user, json!({})).await;
    exchange(&chat, &user, &renamed).await;
    gate.reached().await;
    let path = format!("/conversations/{renamed}");
    user.patch(&path, json!({"title": "Renamed"})).await.expect(200);
    gate.release();
    chat.model.wait_for(|log| titles(log)[0].ended == Ended::Finished).await;

    chat.model.default_script(Script::text("A Walk in the Park"));
    let unnamed = a_conversation(&user, json!({})).await;
    exchange(&chat, &user, &unnamed).await;
    wait_for_title(&user, &unnamed, "A Walk in the Park").await;
    exchange(&chat, &user, &unnamed).await;
    assert_eq!(title(&user, &mine).await, "Mine");
    assert_eq!(title(&user, &renamed).await, "Renamed");
    assert_eq!(titles(&chat.model.requests()).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_named_after_its_oldest_conversation() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let (project, nothing) = (the_project(), uuid::Uuid::from_u128(7));
    let path = format!("/projects/{project}/generate_name");
    let missing = user.post(&format!("/projects/{nothing}/generate_name"), json!({})).await;
    assert_eq!(missing.expect(404).code(), "NOT_FOUND");
    let body = json!({"projectId": project});
    a_conversation(&user, body.clone()).await;
    let oldest = a_conversation(&user, body.clone()).await;
    assert_eq!(user.post(&path, json!({})).await.expect(409).code(), "CONFLICT");
    exchange(&chat, &user, &oldest).await;
    let newer = a_conversation(&user, body).await;
    chat.model.script(Script::text("No."));
    let messages = format!("/conversations/{newer}/messages");
    user.post(&messages, json!({"content": "Something else?"})).await.expect(200);

    chat.model.script(Script::text("Walks"));
    let named = user.post(&path, json!({})).await.expect(200);
    assert_eq!(named.json["data"], json!({"name": "Walks"}));
    assert!(chat.model.last_request().unwrap().messages()[1].1.contains("walk"));
}
