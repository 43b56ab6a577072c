//! Ollama's models: on the disk, in the memory, and on their way there.

use mock_llm::{Ended, Fault, Gate, MockLlm, Refusal, Script};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{client, read_until};

async fn send(mock: &MockLlm, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let request = client().request(method, mock.url() + path).json(body);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    let lines: Vec<Value> = body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (status, if lines.len() == 1 { lines[0].clone() } else { lines.into() })
}

async fn post(mock: &MockLlm, path: &str, body: &Value) -> (u16, Value) {
    send(mock, Method::POST, path, body).await
}

async fn names(mock: &MockLlm, path: &str) -> Vec<String> {
    let (_, list) = send(mock, Method::GET, path, &Value::Null).await;
    let models = list["models"].as_array().unwrap();
    models.iter().map(|model| model["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_pulled_loaded_used_and_unloaded() {
    let mock = MockLlm::start().await;
    let chat = json!({ "model": "gemma3", "messages": [{ "role": "user", "content": "Hi" }] });
    let missing = (404, json!({ "error": "model 'gemma3' not found" }));
    assert_eq!(post(&mock, "/api/chat", &chat).await, missing);
    assert_eq!(post(&mock, "/api/generate", &json!({ "model": "gemma3" })).await, missing);
    assert_eq!(post(&mock, "/api/show", &json!({ "model": "gemma3" })).await, missing);

    let (_, lines) = post(&mock, "/api/pull", &json!({ "model": "gemma3" })).await;
    assert_eq!(lines[0]["status"], "pulling manifest");
    assert_eq!(lines[1].get("completed"), None);
    let digests: Vec<_> = (1..7).map(|line| &lines[line]["digest"]).collect();
    assert!(digests[0] != digests[1] && digests[0] == digests[2] && digests[1] == digests[3]);
    assert!((5..7).all(|line| lines[line]["completed"] == lines[line]["total"]));
    assert_eq!(lines[10]["status"], "success");
    assert_eq!(names(&mock, "/api/tags").await, ["gemma3:latest", "llama3.2:latest"]);
    let (_, shown) = post(&mock, "/api/show", &json!({ "model": "gemma3" })).await;
    assert!(shown["capabilities"].as_array().unwrap().contains(&"completion".into()));

    assert!(names(&mock, "/api/ps").await.is_empty());
    let (_, loaded) = post(&mock, "/api/generate", &json!({ "model": "gemma3" })).await;
    assert_eq!((&loaded["done_reason"], &loaded["response"]), (&"load".into(), &"".into()));
    assert_eq!(names(&mock, "/api/ps").await, ["gemma3:latest"]);
    assert_eq!(mock.loaded(), ["gemma3:latest"]);

    let unload = json!({ "model": "gemma3", "messages": [], "keep_alive": "0s" });
    let (_, unloaded) = post(&mock, "/api/chat", &unload).await;
    assert_eq!(unloaded["done_reason"], "unload");
    assert_eq!(unloaded["message"], json!({ "role": "assistant", "content": "" }));
    assert!(mock.loaded().is_empty());

    assert_eq!(post(&mock, "/api/chat", &chat).await.0, 200);
    assert_eq!(mock.loaded(), ["gemma3:latest"]);
    let last = json!({ "model": "gemma3:latest", "prompt": "Hi", "keep_alive": 0 });
    let (_, answer) = post(&mock, "/api/generate", &last).await;
    assert!(answer[0]["response"].is_string());
    assert!(mock.loaded().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_can_be_held_and_can_fail() {
    let gate = Gate::new();
    let mock = MockLlm::start().await;
    mock.loading_script(Script::generated(4).hold_after(2, &gate));
    let url = mock.url() + "/api/pull";
    let pull = client().post(url).json(&json!({ "model": "gemma3" })).send().await.unwrap();
    let open = read_until(pull, "966de95ca8a6").await;
    gate.reached().await;
    assert_eq!(names(&mock, "/api/tags").await, ["llama3.2:latest"]);
    drop(open);
    mock.wait_for(|log| log[0].ended == Ended::ClientLeft).await;
    assert_eq!(names(&mock, "/api/tags").await, ["llama3.2:latest"]);

    mock.loading_script(Refusal::UnknownModel.after(0));
    let (status, lines) = post(&mock, "/api/pull", &json!({ "model": "nothing" })).await;
    assert_eq!((status, &lines[1]["error"]), (200, &"model 'nothing' not found".into()));

    mock.loading_script(Refusal::Failed(500));
    let (status, _) = post(&mock, "/api/generate", &json!({ "model": "llama3.2" })).await;
    assert_eq!(status, 500);
    assert!(mock.loaded().is_empty());

    let whole = json!({ "model": "gemma3", "stream": false });
    assert_eq!(post(&mock, "/api/pull", &whole).await, (200, json!({ "status": "success" })));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_line_tells_the_times() {
    let mock = MockLlm::start().await;
    let script = Script::text("a b").first_byte_delay(std::time::Duration::from_millis(3));
    mock.script(script.clone());
    mock.script(script.usage_quirk(mock_llm::UsageQuirk::WithoutPrompt));
    let chat = json!({ "model": "llama3.2", "messages": [{ "role": "user", "content": "Hi" }] });
    let (_, lines) = post(&mock, "/api/chat", &chat).await;
    let last = &lines[2];
    assert_eq!(last["load_duration"], 15_000_000);
    assert_eq!((&last["prompt_eval_count"], &last["eval_count"]), (&10.into(), &2.into()));
    let (_, lines) = post(&mock, "/api/chat", &chat).await;
    assert_eq!(lines[2].get("prompt_eval_count"), None);
    assert_eq!(lines[2]["eval_count"], 2);

    mock.catalogue_script(Fault::Html);
    let url = mock.url() + "/api/tags";
    let html = client().get(url).send().await.unwrap().text().await.unwrap();
    assert!(html.starts_with("<!doctype html>"));
    let (_, version) = send(&mock, Method::GET, "/api/version", &Value::Null).await;
    assert!(version["version"].is_string());
}
