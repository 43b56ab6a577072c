//! What each provider says when it refuses, scripted or not.

use std::time::Duration;

use mock_llm::{Ended, MockLlm, Refusal, Script};
use reqwest::Response;
use rstest::rstest;
use serde_json::{Value, json};

use crate::client::client;
use crate::vendor::Vendor::{self, Anthropic, Google, Ollama, OpenAi, OpenRouter};

/// What tells a refusal from others: `code` or `type` or the words, whatever the provider has.
fn mark(vendor: Vendor, body: &Value) -> String {
    let error = &body["error"];
    let mark = match vendor {
        OpenAi if error["code"].is_string() => &error["code"],
        OpenAi | Anthropic => &error["type"],
        OpenRouter => &error["code"],
        Google => &error["status"],
        Ollama => error,
    };
    mark.as_str().map_or_else(|| mark.to_string(), str::to_owned)
}

const WAIT: Refusal = Refusal::RateLimited { retry_after: Duration::from_millis(1500) };

#[rstest]
#[case(Refusal::BadKey, [(401, "invalid_api_key"), (401, "401"), (401, "authentication_error"), (400, "INVALID_ARGUMENT"), (401, "unauthorized")])]
#[case(Refusal::QuotaExhausted, [(429, "insufficient_quota"), (402, "402"), (402, "billing_error"), (429, "RESOURCE_EXHAUSTED"), (429, "weekly usage limit")])]
#[case(WAIT, [(429, "rate_limit_exceeded"), (429, "429"), (429, "rate_limit_error"), (429, "RESOURCE_EXHAUSTED"), (429, "too many requests")])]
#[case(Refusal::ContextTooLong, [(400, "context_length_exceeded"), (400, "400"), (400, "invalid_request_error"), (400, "INVALID_ARGUMENT"), (400, "context length")])]
#[case(Refusal::BadRequest("why".to_owned()), [(400, "invalid_request_error"), (400, "400"), (400, "invalid_request_error"), (400, "INVALID_ARGUMENT"), (400, "why")])]
#[case(Refusal::UnknownModel, [(404, "model_not_found"), (400, "400"), (404, "not_found_error"), (404, "NOT_FOUND"), (404, "model 'm' not found")])]
#[case(Refusal::Overloaded, [(503, "server_error"), (503, "503"), (529, "overloaded_error"), (503, "UNAVAILABLE"), (503, "server busy")])]
#[case(Refusal::Failed(500), [(500, "server_error"), (500, "500"), (500, "api_error"), (500, "INTERNAL"), (500, "terminated")])]
#[tokio::test(flavor = "multi_thread")]
async fn instead_of_an_answer(#[case] why: Refusal, #[case] expected: [(u16, &str); 5]) {
    let mock = Vendor::mock().await;
    let vendors = [OpenAi, OpenRouter, Anthropic, Google, Ollama];
    for (vendor, (status, said)) in vendors.into_iter().zip(expected) {
        mock.script(why.clone());
        let response = vendor.ask(&mock, true).await;
        assert_eq!(response.status(), status, "{vendor:?}");
        assert_eq!(response.headers()["content-type"], "application/json");
        let body: Value = response.json().await.unwrap();
        assert!(mark(vendor, &body).contains(said), "{vendor:?}: {body}");
        assert_eq!(mock.last_request().unwrap().ended, Ended::Faulted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_to_try_again() {
    let mock = Vendor::mock().await;
    mock.default_script(WAIT);
    for vendor in [OpenAi, OpenRouter, Anthropic, Ollama] {
        let response = vendor.ask(&mock, true).await;
        assert_eq!(response.headers()["retry-after"], "2", "{vendor:?}");
    }
    let response = Google.ask(&mock, true).await;
    assert!(!response.headers().contains_key("retry-after"));
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["details"][1]["retryDelay"], "2s");
    assert!(body["error"]["details"][0].to_string().contains("PerMinute"));

    mock.script(Script::from(WAIT).header("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT"));
    let response = Anthropic.ask(&mock, true).await;
    assert_eq!(response.headers()["retry-after"], "Fri, 31 Dec 1999 23:59:59 GMT");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_to_be_answered() {
    let mock = Vendor::mock().await;
    mock.default_script(Refusal::Filtered);
    for (vendor, status) in [(OpenAi, 400), (OpenRouter, 403), (Anthropic, 400)] {
        assert_eq!(vendor.ask(&mock, true).await.status(), status, "{vendor:?}");
    }
    // Google answers, and the answer is that there is none
    for stream in [true, false] {
        let response = Google.ask(&mock, stream).await;
        assert_eq!(response.status(), 200);
        let body = response.text().await.unwrap();
        assert!(body.contains(r#""blockReason":"PROHIBITED_CONTENT""#), "{body}");
        assert_eq!(Google.read(&body, stream).await.finish, None);
    }
}

async fn refused(vendor: Vendor, mock: &MockLlm, body: &Value) -> String {
    let response: Response = vendor.post(mock, body, true).await;
    assert_eq!(response.status(), 400, "{vendor:?} {body}");
    response.text().await.unwrap()
}

fn said(roles: &[&str]) -> Value {
    roles.iter().map(|role| json!({ "role": role, "content": "Hi" })).collect()
}

/// Each change makes a good request one that the provider refuses, in these words.
#[rstest]
#[case(OpenAi, "/messages", said(&["robot"]), "Invalid value: 'robot'")]
#[case(OpenAi, "/messages", json!([{ "role": "user", "content": null }]), "expected a string")]
#[case(OpenRouter, "/messages", json!([]), "too short")]
#[case(Anthropic, "/max_tokens", Value::Null, "max_tokens: Field required")]
#[case(Anthropic, "/max_tokens", json!(0), "greater than or equal to 1")]
#[case(Anthropic, "/messages", said(&["assistant", "user"]), "must use the \\\"user\\\" role")]
#[case(Anthropic, "/messages", said(&["system", "user"]), "top-level `system`")]
#[case(Anthropic, "/messages", said(&["user", "robot"]), "Input should be 'user' or 'assistant'")]
#[case(Anthropic, "/messages", said(&["user", "assistant"]), "prefill")]
#[case(Anthropic, "/messages/0/content", json!(""), "non-empty content")]
#[case(Anthropic, "/messages/0/content", json!([{ "type": "text", "text": "" }]), "must be non-empty")]
#[case(Anthropic, "/messages/0/content", json!([{ "type": "tool_use", "id": "t" }]), "ok")]
#[case(Anthropic, "/stream_options", json!({}), "Extra inputs are not permitted")]
#[case(Anthropic, "/temperature", json!(1.5), "range: 0..1")]
#[case(Google, "/contents", json!([]), "contents is not specified")]
#[case(Google, "/contents/0/role", json!("assistant"), "valid role: user, model")]
#[case(Google, "/contents/0/parts", json!([]), "must not be empty")]
#[case(Google, "/contents/0/parts", json!([{}]), "required oneof field")]
#[case(Google, "/messages", json!([]), "Unknown name")]
#[case(Google, "/generationConfig", json!({ "temperature": 3 }), "temperature must be in the range")]
#[case(Ollama, "/model", json!(""), "model is required")]
#[case(Ollama, "/messages/0/role", json!("robot"), "invalid role: robot")]
#[case(Ollama, "/messages/0/images", json!(["?"]), "illegal base64")]
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_make_no_sense(
    #[case] vendor: Vendor,
    #[case] place: &str,
    #[case] change: Value,
    #[case] words: &str,
) {
    let mock = Vendor::mock().await;
    mock.script(Script::text("kept"));
    let mut body = vendor.body("Hi", true);
    let (parent, field) = place.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    parent[field] = change;
    if words == "ok" {
        assert_eq!(vendor.post(&mock, &body, true).await.status(), 200);
        return;
    }
    let answer = refused(vendor, &mock, &body).await;
    assert!(answer.contains(words), "{answer}");
    assert!(mock.last_request().unwrap().ask.is_none());
    // and it cost no script
    assert_eq!(vendor.answer(&mock, true).await.text, "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_tools_follow_their_calls() {
    let mock = MockLlm::start().await;
    let call = json!({ "type": "tool_use", "id": "t1", "name": "now", "input": {} });
    let result = |id: &str| json!({ "type": "tool_result", "tool_use_id": id, "content": "noon" });
    let turn = |role: &str, block: &Value| json!({ "role": role, "content": [block] });
    let mut body = Anthropic.body("Hi", true);
    let asked = body["messages"][0].clone();
    body["messages"] = json!([asked, turn("assistant", &call), turn("user", &result("t1"))]);
    assert_eq!(Anthropic.post(&mock, &body, true).await.status(), 200);
    body["messages"] = json!([asked, turn("assistant", &call), turn("user", &result("t2"))]);
    assert!(refused(Anthropic, &mock, &body).await.contains("unexpected `tool_use_id`"));
    body["messages"] = json!([asked, turn("assistant", &call), asked]);
    assert!(refused(Anthropic, &mock, &body).await.contains("without `tool_result`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_versions_that_are_missing() {
    let mock = MockLlm::start().await;
    for (vendor, status) in [(OpenAi, 200), (OpenRouter, 401), (Anthropic, 401), (Google, 403)] {
        let request = client().post(mock.url() + vendor.path(true));
        let response = request.json(&vendor.body("Hi", true)).send().await.unwrap();
        assert_eq!(response.status(), status, "{vendor:?}");
    }
    let request = client().post(mock.url() + "/v1/messages").header("x-api-key", "sk-1");
    let response = request.json(&Anthropic.body("Hi", true)).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().contains("anthropic-version: header is required"));
}
