//! What only one provider does.

use mock_llm::{MockLlm, Script, ToolCall, UsageQuirk};
use serde_json::{Value, json};

use crate::client::{chunks, client, data};
use crate::vendor::Vendor::{self, Anthropic, Google, OpenRouter};

async fn events(vendor: Vendor, script: Script) -> Vec<Value> {
    let mock = MockLlm::start().await;
    mock.script(script);
    chunks(&vendor.ask(&mock, true).await.text().await.unwrap()).await
}

async fn get(mock: &MockLlm, vendor: Vendor, path: &str) -> Value {
    let request = vendor.keyed(client().get(mock.url() + path), "sk-1");
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn openrouter_comments_costs_and_repeats_its_reasoning() {
    let mock = MockLlm::start().await;
    mock.script(Script::text("a").reasoning(["hm"]).cost(0.25).cached(1, 2));
    let response = OpenRouter.ask(&mock, true).await;
    assert_eq!(response.headers()["x-generation-id"], "gen-mock");
    let body = response.text().await.unwrap();
    assert!(body.starts_with(": OPENROUTER PROCESSING\n\n"));
    let chunks = chunks(&body).await;
    let delta = &chunks[1]["choices"][0]["delta"];
    assert_eq!(delta["reasoning"], "hm");
    assert_eq!(delta["reasoning_details"][0]["text"], "hm");
    let last = chunks.last().unwrap();
    assert_eq!((&last["usage"]["cost"], &last["provider"]), (&0.25.into(), &"Mock".into()));
    assert_eq!(last["usage"]["prompt_tokens_details"]["cache_write_tokens"], 2);
    assert_eq!(chunks[3]["choices"][0]["native_finish_reason"], "stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn openrouter_tells_prices_and_what_a_key_may_spend() {
    let mock = MockLlm::start().await;
    let models = get(&mock, OpenRouter, "/api/v1/models").await;
    let price = |at: usize| models["data"][at]["pricing"]["prompt"].clone();
    assert_eq!([price(0), price(1), price(2)], ["0.00000015", "0", "-1"]);
    let key = get(&mock, OpenRouter, "/api/v1/key").await;
    assert_eq!(key["data"]["limit_remaining"], 74.5);
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropic_streams_blocks_by_number() {
    let script = Script::text("a").reasoning(["hm"]).usage(10, 5).cached(2, 3);
    let script = script.tool_call(ToolCall::new("now", json!({ "zone": "UTC" })).id("toolu_1"));
    let mock = MockLlm::start().await;
    mock.script(script);
    let response = Anthropic.ask(&mock, true).await;
    assert_eq!(response.headers()["request-id"], "req_0");
    let body = response.text().await.unwrap();
    let events = chunks(&body).await;
    let shape = |event: &Value| {
        let kind = event["type"].as_str().unwrap();
        let inner = event["delta"]["type"].as_str().or(event["content_block"]["type"].as_str());
        let index = event["index"].as_u64().map(|index| format!("{index} "));
        format!("{}{}", index.unwrap_or_default(), inner.unwrap_or(kind))
    };
    let shapes: Vec<_> = events.iter().map(shape).collect();
    let expected = [
        "message_start",
        "ping",
        "0 thinking",
        "0 thinking_delta",
        "0 signature_delta",
        "0 content_block_stop",
        "1 text",
        "1 text_delta",
        "1 content_block_stop",
        "2 tool_use",
        "2 input_json_delta",
        "2 input_json_delta",
        "2 content_block_stop",
        "message_delta",
        "message_stop",
    ];
    assert_eq!(shapes, expected);
    assert_eq!(body.matches("event: ").count(), expected.len());
    assert_eq!(events[9]["content_block"]["id"], "toolu_1");
    let usage = &events[0]["message"]["usage"];
    assert_eq!((&usage["input_tokens"], &usage["output_tokens"]), (&5.into(), &1.into()));
    assert_eq!(events[13]["usage"]["output_tokens"], 5);
    assert_eq!(events[13]["usage"]["cache_creation_input_tokens"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropic_may_tell_the_totals_twice() {
    let events = events(Anthropic, Script::text("a").usage_quirk(UsageQuirk::Twice)).await;
    let deltas: Vec<_> = events.iter().filter(|event| event["type"] == "message_delta").collect();
    assert_eq!(deltas.len(), 2);
    assert_eq!(deltas[0], deltas[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_path_lists_the_models_of_three_providers() {
    let mock = MockLlm::start().await;
    let theirs = get(&mock, Anthropic, "/v1/models").await;
    assert_eq!(
        (&theirs["has_more"], &theirs["last_id"]),
        (&false.into(), &theirs["data"][1]["id"])
    );
    let openai = get(&mock, Vendor::OpenAi, "/v1/models").await;
    assert_eq!(openai["data"][0]["object"], "model");
    for path in ["/v1beta/models", "/v1/models"] {
        let google = get(&mock, Google, path).await;
        assert_eq!(google["models"][0]["name"], "models/gemini-2.5-pro");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn google_signs_thoughts_and_may_finish_everywhere() {
    let thought = events(Google, Script::text("a").reasoning(["hm"])).await;
    let part = |at: usize| &thought[at]["candidates"][0]["content"]["parts"][0];
    assert_eq!(*part(0), json!({ "text": "hm", "thought": true }));
    assert_eq!(part(2)["text"], "");
    assert!(part(2)["thoughtSignature"].is_string());
    let usage = &thought[2]["usageMetadata"];
    assert_eq!(
        (&usage["thoughtsTokenCount"], &usage["candidatesTokenCount"]),
        (&1.into(), &1.into())
    );
    assert_eq!(thought[0]["usageMetadata"]["totalTokenCount"], 11);

    let calls = [ToolCall::new("a", json!({})), ToolCall::new("b", json!({}))];
    let script = calls.into_iter().fold(Script::text("t"), Script::tool_call);
    let called = events(Google, script.finish_everywhere()).await;
    let reasons = called.iter().map(|event| &event["candidates"][0]["finishReason"]);
    assert!(reasons.into_iter().all(|reason| reason == "STOP"));
    let signed = |at: usize| {
        let parts = &called[at]["candidates"][0]["content"]["parts"];
        parts[0]["thoughtSignature"].is_string()
    };
    assert_eq!([signed(1), signed(2)], [true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn google_streams_an_array_without_alt_sse() {
    let mock = MockLlm::start().await;
    mock.script(Script::text("a b"));
    let url = mock.url() + "/v1beta/models/m:streamGenerateContent";
    let request = Google.keyed(client().post(url), "sk-1").json(&Google.body("Hi", true));
    let array: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(array.as_array().unwrap().len(), 3);

    let unknown = mock.url() + "/v1beta/models/m:embedContent";
    let request = Google.keyed(client().post(unknown), "sk-1").json(&json!({}));
    assert_eq!(request.send().await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropics_signs_of_life_are_pings() {
    let mock = MockLlm::start().await;
    mock.script(Script::text("a b").comments());
    let body = Anthropic.ask(&mock, true).await.text().await.unwrap();
    let pings = data(&body).await.into_iter().filter(|data| data == r#"{"type":"ping"}"#);
    assert_eq!(pings.count(), 3);
}
