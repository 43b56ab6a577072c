//! The list of models.

use mock_llm::{Fault, MockLlm, Script, openai};
use reqwest::Response;
use serde_json::Value;

use crate::client::{client, until_broken};

async fn models(mock: &MockLlm) -> Response {
    let request = client().get(format!("{}/models", mock.base_url()));
    request.send().await.unwrap()
}

async fn ids(mock: &MockLlm) -> Vec<String> {
    let list: Value = models(mock).await.json().await.unwrap();
    assert_eq!(list["object"], "list");
    let models = list["data"].as_array().unwrap();
    models.iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lists_the_models_it_is_given() {
    let mock = MockLlm::start().await;
    assert_eq!(ids(&mock).await, ["gpt-4o", "gpt-4o-mini"]);
    mock.catalogue_script(Script::tokens(["once"]));
    mock.default_catalogue(Script::tokens(["llama3:latest", "m", "n"]));
    assert_eq!(ids(&mock).await, ["once"]);
    assert_eq!(ids(&mock).await, ["llama3:latest", "m", "n"]);
    mock.default_catalogue(Script::text(""));
    assert!(ids(&mock).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_fails_like_everything_else() {
    let mock = MockLlm::start().await;
    mock.script(Script::text("not for the list"));
    mock.catalogue_script(openai::unauthorized());
    assert_eq!(models(&mock).await.status(), 401);

    mock.catalogue_script(Script::tokens(["a", "b"]).fault(Fault::BreakOff { after_tokens: 1 }));
    let (body, broken) = until_broken(models(&mock).await).await;
    assert!(body.contains(r#""id":"a""#) && !body.contains(r#""id":"b""#));
    assert!(broken.is_some());
    assert_eq!(ids(&mock).await, ["gpt-4o", "gpt-4o-mini"]);
}
