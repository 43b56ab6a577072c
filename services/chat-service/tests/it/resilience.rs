//! Who fails before anything is shown is asked again, or somebody else is; and who fails too often is left alone.

use std::io::Write as _;
use std::time::Duration;

use mock_llm::{Fault, Gate, Script, openai};
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use testkit::Engine;

use super::{Chat, a_conversation, stream};

const CATALOGUE: &str = r#"
[[models]]
id = "gpt-4o-mini"
name = "First"
provider = "openai"
upstream = "first"
context_length = 8000
max_output_tokens = 1000
price = { input = 1.0, output = 1.0 }
fallbacks = ["small", "second"]

[[models]]
id = "small"
name = "Too small"
provider = "openai"
upstream = "small"
context_length = 20
max_output_tokens = 10

[[models]]
id = "second"
name = "Second"
provider = "openai"
upstream = "second"
context_length = 8000
max_output_tokens = 1000
"#;

/// A chat-service with a catalogue of models that stand in for each other.
async fn with_fallbacks() -> (Chat, tempfile::NamedTempFile) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(CATALOGUE.as_bytes()).unwrap();
    // Leaked so that it lives as long as the settings: a path of a test.
    let path: &'static str = file.path().to_str().unwrap().to_owned().leak();
    (Chat::start_with(Engine::Sqlite, &[("OMNICHAT__MODELS__FILE", path)]).await, file)
}

#[rstest]
#[case::failed(openai::server_error(500))]
#[case::overloaded(openai::server_error(503))]
#[case::wait(openai::rate_limited(Duration::from_secs(0)))]
#[case::cut(Fault::Cut { after_tokens: 0 })]
#[case::reset(Fault::Reset { after_tokens: 0 })]
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_before_the_first_token_is_tried_again(#[case] fault: Fault) {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    chat.model.script(fault);
    // Whoever hears the answer is not told any more what came before it.
    let gate = Gate::new();
    chat.model.script(Script::tokens(["Hello", " again"]).hold_after(0, &gate));
    let mut events = stream(&user, &conversation, "Hello?").await;
    events.expect("message_start").await;
    let status = events.expect("status").await;
    assert_eq!(status.data["status"], "retrying");
    gate.release();
    let rest = events.rest().await;
    assert_eq!(testkit::Event::text(&rest), "Hello again");
    assert_eq!(rest[rest.len() - 2].event, "message_complete");
    assert_eq!(chat.model.requests().len(), 2);
}

#[rstest]
#[case::too_long(openai::rate_limited(Duration::from_secs(11)), 429, 1, Some("11"))]
#[case::quota(openai::insufficient_quota(), 429, 1, None)]
#[case::key(openai::unauthorized(), 502, 1, None)]
#[case::request(openai::invalid_request("no"), 502, 1, None)]
#[case::always(openai::server_error(503), 503, 3, Some("1"))]
#[case::cut(Fault::Cut { after_tokens: 0 }, 502, 2, Some("1"))]
#[tokio::test(flavor = "multi_thread")]
async fn what_no_retry_helps_is_said(
    #[case] fault: Fault,
    #[case] status: u16,
    #[case] calls: usize,
    #[case] wait: Option<&str>,
) {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    chat.model.default_script(fault);
    let path = format!("/conversations/{conversation}/messages");
    let failed = user.post(&path, json!({"content": "Hello"})).await.expect(status);
    assert_eq!(chat.model.requests().len(), calls);
    let told = failed.headers.get("retry-after").map(|wait| wait.to_str().unwrap());
    assert_eq!(told, wait);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_model_stands_in_and_the_reply_says_so() {
    let (chat, _catalogue) = with_fallbacks().await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    chat.model.script_for("first", openai::unauthorized());
    let gate = Gate::new();
    let second = Script::tokens(["Here"]).usage(3, 1).hold_after(0, &gate);
    chat.model.script_for("second", second);
    let content = "A question that a small model could not read at all, however hard it tried.";
    let mut events = stream(&user, &conversation, content).await;
    let start = events.expect("message_start").await;
    assert_eq!(start.data["modelId"], "gpt-4o-mini");
    assert_eq!(events.expect("status").await.data["status"], "falling_back");
    gate.release();
    let rest = events.rest().await;
    assert_eq!(rest[rest.len() - 2].data["answeredBy"], "second");
    let id = start.data["messageId"].as_str().unwrap();
    let stored = user.get(&format!("/messages/{id}")).await.expect(200);
    let message = stored.data("message");
    assert_eq!(
        (&message["modelId"], &message["answeredBy"]),
        (&json!("gpt-4o-mini"), &json!("second"))
    );
    assert_eq!(message["usage"]["costUsd"], json!(null), "the second one has no price");
    let asked: Vec<_> =
        chat.model.requests().iter().map(|request| request.json()["model"].clone()).collect();
    assert_eq!(asked, ["first", "second"], "the small one cannot read the question");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_wrong_is_nobody_elses_to_answer() {
    let (chat, _catalogue) = with_fallbacks().await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    chat.model.default_script(openai::invalid_request("no"));
    let path = format!("/conversations/{conversation}/messages");
    user.post(&path, json!({"content": "Hello"})).await.expect(502);
    assert_eq!(chat.model.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_that_is_too_long_after_all_is_trimmed_once() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({"systemPrompt": "Be brief."})).await;
    let path = format!("/conversations/{conversation}/messages");
    for content in ["one", "two", "three"] {
        user.post(&path, json!({"content": content})).await.expect(200);
    }
    chat.model.script(openai::context_length_exceeded());
    user.post(&path, json!({"content": "four"})).await.expect(200);
    let told = chat.model.last_request().unwrap().messages();
    let said: Vec<_> = told
        .iter()
        .filter(|(role, _)| role != "assistant")
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(said, ["Be brief.", "three", "four"]);

    chat.model.default_script(openai::context_length_exceeded());
    let failed = user.post(&path, json!({"content": "five"})).await.expect(422);
    assert_eq!(failed.code(), "CONTEXT_TOO_LONG");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_keeps_failing_is_left_alone() {
    let settings = [("OMNICHAT__BREAKER__OPEN_SECONDS", "1")];
    let chat = Chat::start_with(Engine::Sqlite, &settings).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let path = format!("/conversations/{conversation}/messages");
    let send = async || user.post(&path, json!({"content": "Hello"})).await;
    chat.model.default_script(openai::server_error(500));
    // Three tries, then two of the next reply's.
    send().await.expect(502);
    send().await.expect(503);
    assert_eq!(chat.model.requests().len(), 5);
    let refused = send().await.expect(503);
    assert_eq!(refused.code(), "PROVIDER_OVERLOADED");
    assert_eq!(chat.model.requests().len(), 5, "nobody is asked while it is open");

    chat.model.default_script(Script::default());
    while send().await.status != 200 {}
    assert_eq!(chat.model.requests().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_a_retry_waits_is_heard() {
    let settings = [("OMNICHAT__GENERATION__RETRY_MILLISECONDS", "60000")];
    let chat = Chat::start_with(Engine::Sqlite, &settings).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    chat.model.default_script(openai::rate_limited(Duration::from_secs(10)));
    let mut events = stream(&user, &conversation, "Hello?").await;
    let start = events.expect("message_start").await;
    events.expect("status").await;
    let path = format!("/messages/{}/cancel", start.data["messageId"].as_str().unwrap());
    let stopped = user.send(user.request(Method::POST, &path)).await.expect(200);
    assert_eq!(stopped.data("message")["status"], "cancelled");
}
