//! The stream when nothing goes wrong, and the ways servers differ in it.

use mock_llm::{MockLlm, Script, UsageQuirk};
use serde_json::{Value, json};

use crate::client::{body_of_stream, chunks, data, post, streamed, text, whole};

async fn answered(script: Script) -> Vec<Value> {
    let mock = MockLlm::start().await;
    mock.script(script);
    chunks(&body_of_stream(&mock).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn role_reasoning_text_finish_usage_done() {
    let mock = MockLlm::start().await;
    mock.script(Script::text("Hello wide world").reasoning(["Let me", " see"]));
    let response = post(&mock, &streamed("Hi")).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let body = response.text().await.unwrap();
    assert_eq!(data(&body).await.last().unwrap(), "[DONE]");

    let chunks = chunks(&body).await;
    let deltas: Vec<_> = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    assert_eq!(*deltas[0], json!({ "role": "assistant", "content": "", "refusal": null }));
    assert_eq!(*deltas[1], json!({ "reasoning_content": "Let me" }));
    assert_eq!(*deltas[2], json!({ "reasoning_content": " see" }));
    assert_eq!(*deltas[3], json!({ "content": "Hello" }));
    assert_eq!(*deltas[4], json!({ "content": " wide" }));
    assert_eq!(*deltas[5], json!({ "content": " world" }));
    assert_eq!(*deltas[6], json!({}));
    assert_eq!(chunks[5]["choices"][0]["finish_reason"], Value::Null);
    assert_eq!(chunks[6]["choices"][0]["finish_reason"], "stop");
    assert_eq!(chunks[6]["usage"], Value::Null);
    assert_eq!(chunks[7]["choices"], json!([]));
    assert_eq!(chunks[7]["usage"]["completion_tokens"], 5);
    assert_eq!(chunks[7]["usage"]["completion_tokens_details"]["reasoning_tokens"], 2);
    assert_eq!(chunks.len(), 8);
    for chunk in &chunks {
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert_eq!(chunk["model"], "gpt-4o");
        assert_eq!(chunk["id"], chunks[0]["id"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_comes_when_it_is_asked_for() {
    let mock = MockLlm::start().await;
    mock.default_script(Script::text("a b").usage(7, 9));
    let asked = body_of_stream(&mock).await;
    assert!(asked.contains(r#""prompt_tokens":7"#) && asked.contains(r#""total_tokens":16"#));

    let mut request = streamed("Hi");
    request["stream_options"] = Value::Null;
    let unasked = post(&mock, &request).await.text().await.unwrap();
    assert!(unasked.contains("[DONE]") && !unasked.contains("usage"));

    mock.script(Script::text("a b").without_usage());
    let refused = body_of_stream(&mock).await;
    assert!(refused.contains("[DONE]") && !refused.contains("usage"));
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_quirks() {
    let script = Script::text("a b");
    let null = answered(script.clone().usage_quirk(UsageQuirk::ChoicesNull)).await;
    let last = null.last().unwrap().as_object().unwrap();
    assert_eq!(last["choices"], Value::Null);
    assert_eq!(last["usage"]["total_tokens"], 12);

    let missing = answered(script.clone().usage_quirk(UsageQuirk::ChoicesMissing)).await;
    let last = missing.last().unwrap().as_object().unwrap();
    assert!(!last.contains_key("choices") && last.contains_key("usage"));

    let every = answered(script.usage_quirk(UsageQuirk::EveryChunk)).await;
    let counts = every.iter().map(|chunk| chunk["usage"]["completion_tokens"].as_u64());
    assert_eq!(counts.collect::<Option<Vec<_>>>().unwrap(), [0, 1, 2, 2, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn framing_changes_and_the_data_does_not() {
    let script = Script::text("Grüße, 世界 🦀").reasoning(["hm"]);
    let plain = answered(script.clone()).await;
    assert_eq!(text(&plain), "Grüße, 世界 🦀");

    let mock = MockLlm::start().await;
    mock.script(script.crlf().comments().multi_line());
    let body = body_of_stream(&mock).await;
    assert_eq!(body.matches('\n').count(), body.matches("\r\n").count());
    // one before each of the four tokens
    assert_eq!(body.matches(": keep-alive\r\n\r\n").count(), 4);
    assert!(body.contains("data: {\r\ndata: \"id\""));
    assert_eq!(chunks(&body).await, plain);
}

#[tokio::test(flavor = "multi_thread")]
async fn finish_and_done_are_as_scripted() {
    let cut_short = answered(Script::text("a").finish("length")).await;
    assert_eq!(cut_short[2]["choices"][0]["finish_reason"], "length");

    let mock = MockLlm::start().await;
    mock.script(Script::text("a").without_done());
    let body = body_of_stream(&mock).await;
    assert!(body.contains(r#""finish_reason":"stop""#) && !body.contains("[DONE]"));

    mock.script(Script::text("a").without_finish());
    let body = body_of_stream(&mock).await;
    assert!(!body.contains(r#""finish_reason":"stop""#) && body.contains("[DONE]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_echo_says_what_the_user_said_last() {
    let mock = MockLlm::start().await;
    mock.default_script(Script::echo());
    for said in ["first words", "other words"] {
        let body = post(&mock, &streamed(said)).await.text().await.unwrap();
        assert_eq!(text(&chunks(&body).await), said);
    }
    let answer: Value = post(&mock, &whole("parts")).await.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "parts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_body_is_replayed_as_it_is() {
    let recorded = "data: {\"choices\":[]}\n\n: bye\n\ndata: [DONE]\n\n";
    let mock = MockLlm::start().await;
    mock.script(Script::verbatim(recorded));
    assert_eq!(body_of_stream(&mock).await, recorded);
}

#[tokio::test(flavor = "multi_thread")]
async fn queue_then_default_and_a_models_own_script_aside() {
    let mock = MockLlm::start().await;
    mock.default_script(Script::text("default"));
    mock.script_for("other", Script::text("own"));
    mock.script(Script::text("first"));
    mock.script(Script::text("second"));
    let mut said = Vec::new();
    for model in ["gpt-4o", "other", "gpt-4o", "gpt-4o"] {
        let mut request = streamed("Hi");
        request["model"] = model.into();
        let body = post(&mock, &request).await.text().await.unwrap();
        let chunks = chunks(&body).await;
        assert_eq!(chunks[0]["model"], model);
        said.push(text(&chunks));
    }
    assert_eq!(said, ["first", "own", "second", "default"]);
}
