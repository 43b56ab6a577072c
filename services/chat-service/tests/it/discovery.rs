//! Models that nobody wrote down.

use std::time::Duration;

use mock_llm::{Recorded, Refusal};
use serde_json::{Value, json};
use testkit::{Actor, Engine};

use super::{Chat, a_conversation};

const DISCOVERY: [(&str, &str); 1] = [("OMNICHAT__MODELS__DISCOVER_SECONDS", "1")];

/// The model of an id, once it is there.
async fn discovered(user: &Actor, id: &str) -> Value {
    let look = async {
        loop {
            let listed = user.get("/models").await.expect(200);
            let models = listed.data("models").as_array().unwrap();
            if let Some(model) = models.iter().find(|model| model["id"] == id) {
                return model.clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), look).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ollama_has_can_be_asked() {
    let chat = Chat::start_with(Engine::Sqlite, &DISCOVERY).await;
    chat.model.pulled(["HF.co/Someone/Tiny:Q4_K", "llama3", "gpt-4o"]);
    let user = chat.app.user();
    let id = "hf.co-someone-tiny:q4_k";
    let model = discovered(&user, id).await;
    insta::assert_json_snapshot!(model);

    // What the catalogue says comes first.
    let listed = user.get("/models").await.expect(200);
    let models = listed.data("models").as_array().unwrap();
    let of = |id: &str| {
        models.iter().filter(|m| m["id"] == id).map(|m| &m["provider"]).collect::<Vec<_>>()
    };
    assert_eq!(of("gpt-4o"), [&json!("openai")]);
    assert_eq!(of("llama3"), [&json!("ollama")]);

    let conversation = a_conversation(&user, json!({"model": id})).await;
    let path = format!("/conversations/{conversation}/messages");
    chat.model.script(mock_llm::Script::text("Hello"));
    user.post(&path, json!({"content": "Hi"})).await.expect(200);
    let asked =
        chat.model.wait_for(|log| log.iter().any(|request| request.path == "/api/chat")).await;
    let asked = asked.iter().find(|request| request.path == "/api/chat").unwrap().json();
    assert_eq!(
        (&asked["model"], &asked["options"]["num_ctx"]),
        (&json!("HF.co/Someone/Tiny:Q4_K"), &json!(16_384))
    );

    // One that is gone is offered no longer; a server that does not answer keeps what it had.
    chat.model.pulled(["phi"]);
    discovered(&user, "phi").await;
    assert_eq!(
        user.post("/conversations", json!({"model": id})).await.expect(422).code(),
        "MODEL_UNKNOWN"
    );
    let asked = |log: &[Recorded]| log.iter().filter(|request| request.path == "/api/tags").count();
    let before = asked(&chat.model.requests());
    chat.model.default_catalogue(Refusal::Failed(500));
    chat.model.wait_for(|log| asked(log) > before + 2).await;
    discovered(&user, "phi").await;
}
