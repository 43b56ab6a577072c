//! Whatever a provider does, the user's message is kept, what had come is kept, and the code says what happened.

use std::time::Duration;

use mock_llm::{Fault, Script, UsageQuirk, openai};
use rstest::rstest;
use serde_json::json;
use testkit::Engine;

use super::{Chat, a_conversation, stream};

#[rstest]
#[case::rate_limited(openai::rate_limited(Duration::from_secs(7)), 429, "PROVIDER_RATE_LIMITED")]
#[case::quota(openai::insufficient_quota(), 429, "PROVIDER_RATE_LIMITED")]
#[case::unauthorized(openai::unauthorized(), 502, "PROVIDER_AUTH_FAILED")]
#[case::too_long(openai::context_length_exceeded(), 422, "CONTEXT_TOO_LONG")]
#[case::bad_request(openai::invalid_request("no such thing"), 502, "PROVIDER_ERROR")]
#[case::failed(openai::server_error(500), 502, "PROVIDER_ERROR")]
#[case::overloaded(openai::server_error(503), 503, "PROVIDER_OVERLOADED")]
#[case::html(Fault::Html, 502, "PROVIDER_PROTOCOL")]
#[case::redirect(Fault::Redirect, 502, "PROVIDER_PROTOCOL")]
#[case::cut(Fault::Cut { after_tokens: 0 }, 502, "PROVIDER_TRUNCATED")]
#[case::reset(Fault::Reset { after_tokens: 0 }, 502, "PROVIDER_TRUNCATED")]
#[case::malformed(Fault::Malformed { after_tokens: 0 }, 502, "PROVIDER_PROTOCOL")]
#[case::huge(Fault::HugeEvent { bytes: 10 << 20 }, 502, "PROVIDER_PROTOCOL")]
#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_token(#[case] fault: Fault, #[case] status: u16, #[case] code: &str) {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    chat.model.default_script(fault);
    let path = format!("/conversations/{conversation}/messages");
    let failed = user.post(&path, json!({"content": "Hello"})).await.expect(status);
    assert_eq!(failed.code(), code);
    chat.model.default_script(Script::default());

    let details = &failed.json["error"]["details"];
    let reply = user
        .get(&format!("/messages/{}", details["messageId"].as_str().unwrap()))
        .await
        .expect(200);
    let reply = reply.data("message");
    assert_eq!((&reply["status"], &reply["error"]["code"]), (&json!("failed"), &json!(code)));
    let kept = user
        .get(&format!("/messages/{}", details["userMessageId"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(kept.data("message")["content"], "Hello");
    // Nothing of it is in the way of the next.
    user.post(&path, json!({"content": "Again"})).await.expect(200);
    let told = chat.model.last_request().unwrap().messages();
    assert_eq!(told.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["Hello", "Again"]);
}

#[rstest]
#[case::cut(Fault::Cut { after_tokens: 2 }, "interrupted", "PROVIDER_TRUNCATED", true)]
#[case::reset(Fault::Reset { after_tokens: 2 }, "interrupted", "PROVIDER_TRUNCATED", true)]
#[case::error(Fault::ErrorEvent { after_tokens: 2, code: "server_error".into(), message: "secret sk-canary".into() }, "failed", "PROVIDER_ERROR", true)]
#[case::malformed(Fault::Malformed { after_tokens: 2 }, "failed", "PROVIDER_PROTOCOL", true)]
#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle(
    #[case] fault: Fault,
    #[case] status: &str,
    #[case] code: &str,
    #[case] retryable: bool,
) {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    chat.model.script(Script::tokens(["one ", "two ", "three"]).fault(fault));
    let events = stream(&user, &conversation, "Count").await.rest().await;
    let error = &events[events.len() - 2];
    assert_eq!((error.event.as_str(), &error.data["code"]), ("error", &json!(code)));
    assert_eq!(
        (&error.data["retryable"], events.last().unwrap().event.as_str()),
        (&json!(retryable), "close")
    );
    assert!(!error.data.to_string().contains("canary"));

    let id = error.data["messageId"].as_str().unwrap();
    let stored = user.get(&format!("/messages/{id}")).await.expect(200);
    let message = stored.data("message");
    assert_eq!((&message["status"], &message["content"]), (&json!(status), &json!("one two ")));
    assert_eq!(chat.model.requests().len(), 1, "nothing is asked again once something was shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_silent_runs_out_of_time() {
    let settings = [
        ("OMNICHAT__GENERATION__FIRST_TOKEN_SECONDS", "1"),
        ("OMNICHAT__GENERATION__TOTAL_SECONDS", "2"),
    ];
    let chat = Chat::start_with(Engine::Sqlite, &settings).await;
    let user = chat.app.user();
    for (after_tokens, status) in [(0, "failed"), (1, "interrupted")] {
        let conversation = a_conversation(&user, json!({})).await;
        chat.model.script(Fault::Silence { after_tokens });
        let events = stream(&user, &conversation, "Hello").await.rest().await;
        let error = &events[events.len() - 2];
        assert_eq!(
            (error.event.as_str(), &error.data["code"]),
            ("error", &json!("PROVIDER_TIMEOUT"))
        );
        let id = error.data["messageId"].as_str().unwrap();
        let stored = user.get(&format!("/messages/{id}")).await.expect(200);
        assert_eq!(stored.data("message")["status"], status);
    }
}

#[rstest]
#[case::no_done(Script::text("a b c").without_done())]
#[case::crlf(Script::text("a b c").crlf().comments())]
#[case::choices_null(Script::text("a b c").usage(5, 3).usage_quirk(UsageQuirk::ChoicesNull))]
#[case::choices_missing(Script::text("a b c").usage(5, 3).usage_quirk(UsageQuirk::ChoicesMissing))]
#[case::usage_everywhere(Script::text("a b c").usage(5, 3).usage_quirk(UsageQuirk::EveryChunk))]
#[case::no_usage(Script::text("a b c").without_usage())]
#[case::bytes(Script::text("a b c").chunked(mock_llm::Chunking::Bytes(1)))]
#[case::not_a_stream(Script::text("a b c").fault(Fault::JsonInsteadOfStream))]
#[case::after_the_end(Script::text("a b c").fault(Fault::TokensAfterEnd))]
#[tokio::test(flavor = "multi_thread")]
async fn quirks_of_compatible_servers_are_tolerated(#[case] script: Script) {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    chat.model.script(script);
    let sent = user
        .post(&format!("/conversations/{conversation}/messages"), json!({"content": "x"}))
        .await
        .expect(200);
    let reply = sent.data("assistantMessage");
    assert_eq!(
        (&reply["content"], &reply["status"], &reply["finishReason"]),
        (&json!("a b c"), &json!("complete"), &json!("stop"))
    );
    assert!(sent.data("usage")["completionTokens"].as_u64().unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_from_the_model_does_not_keep_a_reply_from_being_stored() {
    let chat = Chat::start(Engine::Postgres).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    chat.model.script(Script::tokens(["a", "\u{0}", "b"]));
    let sent = user
        .post(&format!("/conversations/{conversation}/messages"), json!({"content": "x"}))
        .await
        .expect(200);
    assert_eq!(sent.data("assistantMessage")["content"], "a\u{fffd}b");
    assert_eq!(sent.data("assistantMessage")["status"], "complete");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_there_is_said_to_be_unreachable() {
    let chat =
        Chat::start_with(Engine::Sqlite, &[("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")]).await;
    let user = chat.app.user();
    let conversation = a_conversation(&user, json!({})).await;
    let failed = user
        .post(&format!("/conversations/{conversation}/messages"), json!({"content": "x"}))
        .await
        .expect(502);
    assert_eq!(failed.code(), "PROVIDER_ERROR");
    assert!(!failed.text.contains("127.0.0.1"));
}
