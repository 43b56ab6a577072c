//! OpenAI's chat completions: what a program asks is asked of any provider, and what that says comes back in OpenAI's form.

use std::time::Duration;

use mock_llm::{Fault, Refusal, Script, ToolCall};
use reqwest::{Method, RequestBuilder};
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Event, EventStream, Reply};

use super::{Chat, KEYS};

const PATH: &str = "/v1/chat/completions";

/// The smallest PNG there is.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// A provider that wants a key, and nobody has one.
const NO_KEY: (&str, &str) = ("ANTHROPIC_BASE_URL", "https://api.anthropic.com");

pub fn body(model: &str, more: Value) -> Value {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]});
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

pub fn request(user: &Actor, body: &Value) -> RequestBuilder {
    user.request(Method::POST, PATH).json(body)
}

pub async fn ask(user: &Actor, model: &str, more: Value) -> Reply {
    user.post(PATH, body(model, more)).await
}

pub async fn stream(user: &Actor, model: &str) -> EventStream {
    let more = json!({"stream": true, "stream_options": {"include_usage": true}});
    user.stream(request(user, &body(model, more))).await
}

/// The first choices of some chunks, one field of their deltas joined.
pub fn joined(chunks: &[Event], field: &str) -> String {
    let texts = chunks.iter().map(|chunk| &chunk.data["choices"][0]["delta"][field]);
    texts.filter_map(Value::as_str).collect()
}

fn weather() -> Value {
    let function = json!({"name": "weather", "parameters": {"type": "object"}});
    json!([{"type": "function", "function": function}])
}

#[rstest]
#[case::openai("gpt-4o-mini")]
#[case::anthropic("claude-haiku")]
#[case::google("gemini")]
#[case::openrouter("deepseek")]
#[case::ollama("mistral")]
#[tokio::test(flavor = "multi_thread")]
async fn every_provider_answers_in_openais_form(#[case] model: &str) {
    let chat = Chat::start_with(Engine::Sqlite, &KEYS).await;
    chat.model.pulled(["mistral"]);
    let user = chat.app.user();
    let call = ToolCall::new("weather", json!({"city": "Rome"})).fragments(2);
    let answer = || Script::tokens(["Hello", " wör", "ld 🌍"]).usage(20, 5);
    chat.model.script(answer().reasoning(["Hm", "…"]));
    let whole = ask(&user, model, json!({"max_tokens": 99, "stop": ["END"]})).await.expect(200);
    let choice = &whole.json["choices"][0];
    assert_eq!(choice["message"]["content"], "Hello wörld 🌍");
    assert_eq!(choice["message"]["reasoning_content"], "Hm…");
    assert_eq!((&whole.json["model"], &choice["finish_reason"]), (&json!(model), &json!("stop")));
    let usage = &whole.json["usage"];
    assert_eq!((&usage["prompt_tokens"], &usage["total_tokens"]), (&json!(20), &json!(25)));
    let asked = chat.model.last_request().unwrap().json().to_string();
    assert!(asked.contains("99") && asked.contains("[\"END\"]"), "{asked}");

    // Streamed, with a tool to be called.
    chat.model.script(answer().reasoning(["Hm", "…"]).tool_call(call));
    let more = json!({"stream": true, "stream_options": {"include_usage": true}, "tools": weather(), "tool_choice": "auto"});
    let mut chunks = user.stream(request(&user, &body(model, more))).await;
    assert_eq!(chunks.headers["content-type"], "text/event-stream; charset=utf-8");
    let chunks = chunks.rest().await;
    assert_eq!(chunks[0].data["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    assert_eq!(joined(&chunks, "content"), "Hello wörld 🌍");
    assert_eq!(joined(&chunks, "reasoning_content"), "Hm…");
    let calls = chunks.iter().filter_map(|chunk| {
        chunk.data["choices"][0]["delta"]["tool_calls"].as_array().map(|calls| calls[0].clone())
    });
    let calls: Vec<_> = calls.collect();
    assert_eq!((&calls[0]["type"], &calls[0]["index"]), (&json!("function"), &json!(0)));
    assert_eq!(calls[0]["function"]["name"], "weather");
    let arguments: String =
        calls.iter().map(|call| call["function"]["arguments"].as_str().unwrap()).collect();
    assert_eq!(serde_json::from_str::<Value>(&arguments).unwrap(), json!({"city": "Rome"}));
    let [.., finish, usage, done] = chunks.as_slice() else { panic!("{chunks:?}") };
    assert_eq!(finish.data["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(
        (&usage.data["choices"], &usage.data["usage"]["total_tokens"]),
        (&json!([]), &json!(25))
    );
    assert_eq!((&done.data, &finish.data["usage"]), (&json!("[DONE]"), &Value::Null));

    // What the tool gave goes back to the model.
    chat.model.script(Script::text("Blue."));
    let call = json!({"id": calls[0]["id"], "type": "function", "function": {"name": "weather", "arguments": arguments}});
    let messages = json!([
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": "How is the sky?"},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": calls[0]["id"], "content": "{\"sky\":\"canary\"}"},
    ]);
    let more = json!({"messages": messages, "tools": weather()});
    let answer = ask(&user, model, more).await.expect(200);
    assert_eq!(answer.json["choices"][0]["message"]["content"], "Blue.");
    let asked = chat.model.last_request().unwrap();
    assert_eq!(asked.ask.as_ref().unwrap().tools, ["weather"]);
    let asked = asked.json().to_string();
    assert!(["canary", "Be brief.", "Rome"].iter().all(|part| asked.contains(part)), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_shown_to_models_that_see() {
    let chat = Chat::start_with(Engine::Sqlite, &KEYS).await;
    let user = chat.app.user();
    let image = |url: String| json!({"type": "image_url", "image_url": {"url": url}});
    let showing = |part: Value| {
        let parts = json!([{"type": "text", "text": "What is this?"}, part]);
        json!({"messages": [{"role": "user", "content": parts}]})
    };
    let png = || image(format!("data:image/png;base64,{PNG}"));
    for model in ["gpt-4o-mini", "claude-haiku", "gemini"] {
        ask(&user, model, showing(png())).await.expect(200);
        let asked = chat.model.last_request().unwrap();
        assert_eq!(asked.images().len(), 1, "{model}");
        assert!(asked.json().to_string().contains(PNG), "{model}");
    }
    let asked = chat.model.requests().len();
    let blind = ask(&user, "gpt-4", showing(png())).await.expect(422);
    assert_eq!(blind.openai_code(), "unsupported_by_model");
    assert_eq!(blind.json["error"]["param"], "messages");
    for url in
        ["https://example.org/a.png", "data:image/svg+xml;base64,AAAA", "data:image/png;base64,?"]
    {
        let refused = ask(&user, "gpt-4o", showing(image(url.to_owned()))).await.expect(400);
        assert_eq!(refused.json["error"]["param"], "messages[0].content[1].image_url.url", "{url}");
    }
    assert_eq!(chat.model.requests().len(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_refused_in_openais_form() {
    let chat = Chat::start_with(Engine::Sqlite, &[NO_KEY]).await;
    let user = chat.app.user();
    let long = json!([{"role": "user", "content": "word ".repeat(9_000)}]);
    let endless = json!([{"role": "user", "content": "word ".repeat(90_000)}]);
    let tool = json!([{"role": "tool", "content": "x"}]);
    let audio = json!([{"role": "user", "content": [{"type": "input_audio"}]}]);
    let schema = json!({"type": "json_schema", "json_schema": {}});
    for (model, more, status, param, code) in [
        ("nobody", json!({}), 404, "model", "model_not_found"),
        ("../../v1/files", json!({}), 404, "model", "model_not_found"),
        ("gpt-4", json!({"n": 2}), 400, "n", "invalid_value"),
        ("gpt-4", json!({"temperature": 2.1}), 400, "temperature", "invalid_value"),
        ("gpt-4", json!({"temperature": "hot"}), 400, "temperature", "invalid_value"),
        ("gpt-4", json!({"max_tokens": 0}), 400, "max_tokens", "invalid_value"),
        ("gpt-4", json!({"stop": [""]}), 400, "stop", "invalid_value"),
        ("gpt-4", json!({"messages": []}), 400, "messages", "invalid_value"),
        (
            "gpt-4",
            json!({"messages": [{"role": "user"}]}),
            400,
            "messages[0].content",
            "invalid_value",
        ),
        (
            "gpt-4",
            json!({"messages": [{"role": "nobody"}]}),
            400,
            "messages[0].role",
            "invalid_value",
        ),
        (
            "gpt-4",
            json!({"messages": [{"role": "user", "content": 7}]}),
            400,
            "messages[0].content",
            "invalid_value",
        ),
        ("gpt-4", json!({"messages": audio}), 400, "messages[0].content[0]", "invalid_value"),
        ("gpt-4", json!({"messages": tool}), 400, "messages[0].tool_call_id", "invalid_value"),
        ("gpt-4", json!({"messages": long}), 400, "messages", "context_length_exceeded"),
        ("gpt-4", json!({"messages": endless}), 400, "messages", "context_length_exceeded"),
        ("gpt-4", json!({"tools": [{"type": "custom"}]}), 400, "tools[0]", "invalid_value"),
        (
            "gpt-4",
            json!({"tools": weather(), "tool_choice": "maybe"}),
            400,
            "tool_choice",
            "invalid_value",
        ),
        ("gpt-4", json!({"functions": [{"name": "weather"}]}), 400, "functions", "invalid_value"),
        ("gpt-4", json!({"response_format": schema}), 400, "response_format", "invalid_value"),
        ("llama3", json!({"tools": weather()}), 422, "tools", "unsupported_by_model"),
        ("claude-haiku", json!({}), 422, "", "api_key_required"),
    ] {
        for is_stream in [false, true] {
            let mut asked = body(model, more.clone());
            asked["stream"] = is_stream.into();
            let refused = user.post(PATH, asked).await;
            assert_eq!((refused.status.as_u16(), refused.openai_code()), (status, code), "{more}");
            assert_eq!(
                refused.json["error"]["param"].as_str().unwrap_or_default(),
                param,
                "{more}"
            );
        }
    }
    assert_eq!(chat.model.requests().len(), 0);

    // What changes nothing is ignored.
    let ignored = json!({"user": "x", "seed": 7, "n": 1, "store": false, "top_p": 0.9, "tools": [], "temperature": null, "response_format": {"type": "text"}, "invented": {}});
    ask(&user, "gpt-4", ignored).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_refuses_below_v1_does_so_in_openais_form() {
    let limits = [
        ("OMNICHAT__RATE_LIMITS__ENABLED", "true"),
        ("OMNICHAT__RATE_LIMITS__GET_COMPLETION_MODEL", "1"),
    ];
    let chat = Chat::start_with(Engine::Sqlite, &limits).await;
    let user = chat.app.user();
    let sent = |request: RequestBuilder| user.send(request);
    let post = || user.request(Method::POST, PATH);
    let is = |refused: &Reply, status: u16, code: &str| {
        assert_eq!((refused.status.as_u16(), refused.openai_code()), (status, code));
        assert!(refused.headers.contains_key("x-request-id"));
    };
    let stranger = chat.app.anonymous().get("/v1/models").await;
    is(&stranger, 401, "invalid_api_key");
    assert_eq!(stranger.header("www-authenticate"), Some("Bearer"));
    is(&user.get("/v1/files").await, 404, "not_found");
    let refused = user.get(PATH).await;
    is(&refused, 405, "method_not_allowed");
    assert_eq!(refused.header("allow"), Some("POST"));
    is(&sent(post().body("{}")).await, 415, "unsupported_media_type");
    let json = || post().header("content-type", "application/json");
    is(&sent(json().body("{")).await, 400, "invalid_value");
    is(&sent(json().body(vec![b' '; (16 << 20) + 1])).await, 413, "payload_too_large");
    is(&user.get("/v1/models?limit=1").await, 400, "invalid_value");
    user.get("/v1/models/gpt-4o").await.expect(200);
    let refused = user.get("/v1/models/gpt-4o").await;
    is(&refused, 429, "rate_limit_exceeded");
    assert!(refused.headers.contains_key("retry-after"));
    // Elsewhere it is as ever.
    assert_eq!(user.get("/v10").await.expect(404).code(), "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_those_that_can_be_asked() {
    let chat = Chat::start_with(Engine::Sqlite, &[NO_KEY]).await;
    let user = chat.app.user();
    let listed = user.get("/v1/models").await.expect(200);
    assert_eq!(listed.json["object"], "list");
    let models = listed.json["data"].as_array().unwrap();
    let model = json!({"id": "gpt-4o", "object": "model", "created": 0, "owned_by": "openai"});
    assert!(models.contains(&model), "{models:?}");
    assert!(!listed.text.contains("claude"), "nobody has a key for it");
    assert_eq!(user.get("/v1/models/gpt-4o").await.expect(200).json, model);
    for id in ["claude-haiku", "nobody", "a%2Fb"] {
        let missing = user.get(&format!("/v1/models/{id}")).await.expect(404);
        assert_eq!(missing.openai_code(), "model_not_found", "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_has_a_status_before_the_first_token_and_an_event_after_it() {
    let patient = [("OMNICHAT__BREAKER__FAILURES", "100"), ("OMNICHAT__BREAKER__CALLS", "100")];
    let chat = Chat::start_with(Engine::Sqlite, &patient).await;
    let user = chat.app.user();
    let wait = Duration::from_secs(60);
    for (refusal, status, code, asked) in [
        (Refusal::BadKey, 502, "provider_auth_failed", 1),
        (Refusal::RateLimited { retry_after: wait }, 429, "rate_limit_exceeded", 1),
        (Refusal::ContextTooLong, 400, "context_length_exceeded", 1),
        (Refusal::Failed(500), 502, "provider_error", 3),
    ] {
        for is_stream in [false, true] {
            let before = chat.model.requests().len();
            chat.model.default_script(Script::from(Fault::from(refusal.clone())));
            let refused = ask(&user, "gpt-4o", json!({"stream": is_stream})).await;
            assert_eq!((refused.status.as_u16(), refused.openai_code()), (status, code));
            // Asked again where that may help, and never with less than the client has said.
            assert_eq!(chat.model.requests().len() - before, asked, "{refusal:?}");
        }
    }
    chat.model.script(Fault::from(Refusal::Overloaded));
    chat.model.script(Script::text("Now."));
    let chunks = stream(&user, "gpt-4o").await.rest().await;
    assert_eq!(joined(&chunks, "content"), "Now.");

    let cut = || Script::tokens(["one ", "two ", "three"]).fault(Fault::Cut { after_tokens: 2 });
    chat.model.script(cut());
    let chunks = stream(&user, "gpt-4o").await.rest().await;
    assert_eq!(joined(&chunks, "content"), "one two ");
    assert_eq!(chunks.last().unwrap().data["error"]["code"], "provider_truncated");
    assert!(!chunks.iter().any(|chunk| chunk.data == "[DONE]"));
    chat.model.script(cut());
    let refused = ask(&user, "gpt-4o", json!({})).await.expect(502);
    assert_eq!(refused.openai_code(), "provider_truncated");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_model_stands_in_and_is_named() {
    let chat = Chat::start_with(Engine::Sqlite, &KEYS).await;
    let user = chat.app.user();
    let down = Fault::from(Refusal::BadKey);
    chat.model.script_for("claude-3-5-sonnet-20241022", Script::from(down));
    let whole = ask(&user, "claude-3.5-sonnet", json!({})).await.expect(200);
    assert_eq!(whole.json["model"], "claude-sonnet");
    let chunks = stream(&user, "claude-3.5-sonnet").await.rest().await;
    assert!(chunks[..chunks.len() - 1].iter().all(|chunk| chunk.data["model"] == "claude-sonnet"));
    let by_model = user.get("/usage?groupBy=model").await.expect(200);
    assert_eq!(by_model.data("usage")[0]["key"], "claude-sonnet");
}
