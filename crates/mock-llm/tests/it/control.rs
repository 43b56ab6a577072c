//! Scripts and log over HTTP.

use mock_llm::{MockLlm, Script};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{body_of_stream, chunks, client, post, streamed, text};

async fn send(mock: &MockLlm, method: Method, path: &str, script: &Value) -> u16 {
    let url = format!("{}{path}", mock.url());
    let request = client().request(method, url).json(script);
    request.send().await.unwrap().status().as_u16()
}

async fn get(mock: &MockLlm, path: &str) -> Value {
    let request = client().get(format!("{}{path}", mock.url()));
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_come_over_http() {
    let mock = MockLlm::start().await;
    let queued = json!({
        "reply": { "tokens": ["Hel", "lo"] },
        "reasoning": ["hm"],
        "paceMs": 1,
        "firstByteDelayMs": 1,
        "usage": { "prompt": 1, "completion": 2 },
        "usageQuirk": "choicesNull",
        "finish": "length",
        "crlf": true,
        "chunking": { "bytes": 7 },
        "fault": { "errorEvent": { "afterTokens": 2, "code": "c", "message": "m" } },
    });
    let default = json!({ "reply": "echo" });
    let own = json!({ "reply": { "generated": 3 }, "fault": "html" });
    assert_eq!(send(&mock, Method::POST, "/mock/scripts", &queued).await, 204);
    assert_eq!(send(&mock, Method::PUT, "/mock/scripts/default", &default).await, 204);
    assert_eq!(send(&mock, Method::POST, "/mock/scripts?model=own", &own).await, 204);

    let body = body_of_stream(&mock).await;
    let answer = chunks(&body).await;
    assert_eq!(text(&answer), "Hel");
    assert_eq!(answer.last().unwrap()["error"]["code"], "c");
    assert!(body.contains("\r\n\r\n"));
    assert_eq!(text(&chunks(&body_of_stream(&mock).await).await), "Hi");
    let mut request = streamed("Hi");
    request["model"] = "own".into();
    let html = post(&mock, &request).await.text().await.unwrap();
    assert!(html.starts_with("<!doctype html>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_keys_and_the_machine_too() {
    let mock = MockLlm::start().await;
    let listed = json!({ "reply": { "tokens": ["a", "b"] } });
    assert_eq!(send(&mock, Method::POST, "/mock/scripts?of=catalogue", &listed).await, 204);
    let failed = json!({ "fault": { "refused": { "why": { "failed": 500 } } } });
    assert_eq!(send(&mock, Method::PUT, "/mock/scripts/default?of=loading", &failed).await, 204);
    assert_eq!(send(&mock, Method::PUT, "/mock/keys", &json!(["sk-good"])).await, 204);
    assert_eq!(send(&mock, Method::PUT, "/mock/pulled", &json!(["gemma3"])).await, 204);

    assert_eq!(get(&mock, "/v1/models").await["error"]["code"], "invalid_api_key");
    assert_eq!(get(&mock, "/api/tags").await["models"][1]["name"], "b");
    assert_eq!(get(&mock, "/api/tags").await["models"][0]["name"], "gemma3:latest");
    let load = json!({ "model": "gemma3" });
    assert_eq!(send(&mock, Method::POST, "/api/generate", &load).await, 500);
    let unknown = send(&mock, Method::POST, "/mock/scripts?of=other", &listed).await;
    assert_eq!(unknown, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_is_not_understood_is_refused() {
    let mock = MockLlm::start().await;
    for wrong in [
        json!({ "repply": "echo" }),
        json!({ "fault": { "cut": { "after_tokens": 1 } } }),
        json!({ "fault": { "cut": { "afterTokens": 1, "more": 1 } } }),
        json!({ "usage": { "prompt": 1 } }),
    ] {
        let status = send(&mock, Method::POST, "/mock/scripts", &wrong).await;
        assert_eq!(status, 400, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_and_the_counts_are_there() {
    let mock = MockLlm::start().await;
    mock.script(Script::text("Hello"));
    mock.script(mock_llm::openai::server_error(500));
    body_of_stream(&mock).await;
    post(&mock, &streamed("Hi")).await;

    let log = get(&mock, "/mock/requests").await;
    assert_eq!(log.as_array().unwrap().len(), 2);
    let first = &log[0];
    assert_eq!(first["index"], 0);
    assert_eq!(first["method"], "POST");
    assert_eq!(first["json"]["messages"][1]["content"], "Hi");
    assert_eq!(first["ask"]["messages"][1], json!(["user", "Hi"]));
    assert!(first["body"].as_str().unwrap().contains("\"Hi\""));
    assert_eq!(first["sent"], "Hello");
    assert_eq!(first["sentReasoning"], "");
    assert_eq!(first["ended"], "finished");
    assert_eq!(log[1]["ended"], "faulted");
    assert_eq!(
        get(&mock, "/mock/stats").await,
        json!({ "total": 2, "open": 0, "finished": 1, "clientLeft": 0, "faulted": 1 })
    );
}

#[test]
fn a_script_survives_json() {
    let script = Script::text("Hi")
        .reasoning(["hm"])
        .pace(std::time::Duration::from_millis(5))
        .usage(1, 2)
        .chunked(mock_llm::Chunking::Seeded(3))
        .cached(3, 4)
        .cost(0.5)
        .header("retry-after", "soon")
        .tool_call(mock_llm::ToolCall::new("now", json!({ "zone": "UTC" })).fragments(2))
        .fault(
            mock_llm::Refusal::RateLimited { retry_after: std::time::Duration::from_secs(1) }
                .after(2),
        );
    let json = serde_json::to_value(&script).unwrap();
    assert_eq!(json["reply"], json!({ "text": "Hi" }));
    assert_eq!(json["paceMs"], 5);
    let why = json!({ "rateLimited": { "retryAfterMs": 1000 } });
    assert_eq!(json["fault"]["refused"], json!({ "why": why, "afterTokens": 2 }));
    let back: Script = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&back).unwrap(), json);
}
