//! Every provider against a server that speaks its format: what it asks, what it makes of answers, and of their faults.

use std::sync::Arc;
use std::time::Duration;

use chat_service::providers::{
    Anthropic, Completion, CompletionRequest, Delta, Google, Http, KeyCheck, LoadRequest, Ollama,
    OpenAi, OpenRouter, PromptMessage, PromptRole, Provider, ProviderError, ProviderErrorKind,
    Tools,
};
use common::domain::load_job::LoadState;
use common::domain::message::FinishReason;
use futures_util::stream::{StreamExt, TryStreamExt};
use mock_llm::{Chunking, Fault, MockLlm, Refusal, Script, ToolCall};
use rstest::rstest;
use secrecy::SecretString;
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    OpenAi,
    OpenRouter,
    Anthropic,
    Google,
    Ollama,
}

use Wire::{Anthropic as A, Google as G, Ollama as L, OpenAi as O, OpenRouter as R};

impl Wire {
    fn provider(self, model: &MockLlm) -> Arc<dyn Provider> {
        let patience = Duration::from_secs(10);
        let http = Http::new(patience, patience, None).unwrap();
        match self {
            O => Arc::new(OpenAi::new(http, &model.base_url())),
            R => Arc::new(OpenRouter::new(http, &model.openrouter_url())),
            A => Arc::new(Anthropic::new(http, &model.url())),
            G => Arc::new(Google::new(http, &model.url())),
            L => Arc::new(Ollama::new(http, &model.url())),
        }
    }
}

fn question() -> CompletionRequest {
    let text = |role, text| PromptMessage::text(role, text);
    CompletionRequest {
        model: "llama3.2".to_owned(),
        messages: vec![text(PromptRole::System, "Be kind."), text(PromptRole::User, "Hello")]
            .into(),
        context_length: 8192,
        key: Some(SecretString::from("sk-canary")),
        ..Default::default()
    }
}

async fn answer(wire: Wire, script: impl Into<Script>) -> Result<Completion, ProviderError> {
    let model = MockLlm::start().await;
    model.script(script);
    wire.provider(&model).complete(question()).await
}

#[rstest]
#[tokio::test]
async fn a_stream_says_what_the_model_says(
    #[values(O, R, A, G, L)] wire: Wire,
    #[values(false, true)] is_whole: bool,
) {
    let script = Script::tokens(["Hello", " wör", "ld 🌍"]).reasoning(["Hm"]).usage(20, 5);
    let script = if is_whole {
        script.fault(Fault::JsonInsteadOfStream)
    } else {
        script.comments().chunked(Chunking::Bytes(1))
    };
    let said = answer(wire, script).await.unwrap();
    assert_eq!(said.text, "Hello wörld 🌍");
    assert_eq!(said.finish_reason, Some(FinishReason::Stop));
    let tokens = said.usage.unwrap().tokens;
    assert_eq!((tokens.input + tokens.cache_read, tokens.output + tokens.reasoning), (20, 5));
}

#[rstest]
#[tokio::test]
async fn what_the_model_thinks_is_apart(#[values(O, R, A, G, L)] wire: Wire) {
    let model = MockLlm::start().await;
    model.script(Script::tokens(["four"]).reasoning(["two and", " two"]));
    let deltas = wire.provider(&model).stream(question()).await.unwrap();
    let deltas: Vec<_> = deltas.try_collect().await.unwrap();
    let thought: String = deltas
        .iter()
        .filter_map(
            |delta| if let Delta::Reasoning(text) = delta { Some(text.as_str()) } else { None },
        )
        .collect();
    assert_eq!(thought, "two and two");
}

#[rstest]
#[tokio::test]
async fn a_call_of_a_tool_is_whole_in_the_end(#[values(O, R, A, G, L)] wire: Wire) {
    let model = MockLlm::start().await;
    let call = |city: &str| ToolCall::new("weather", json!({"city": city})).fragments(3);
    model.script(Script::text("I look.").tool_call(call("Rome")).tool_call(call("Oslo")).finish(
        match wire {
            O | R => "tool_calls",
            A => "tool_use",
            G => "STOP",
            L => "stop",
        },
    ));
    let function = json!({"name": "weather", "parameters": {"type": "object"}});
    let tools = json!([{"type": "function", "function": function}]);
    let request =
        CompletionRequest { tools: Some(Tools { tools, choice: json!("required") }), ..question() };
    let said = wire.provider(&model).complete(request).await.unwrap();
    let calls: Vec<_> = said
        .tool_calls
        .iter()
        .map(|call| (call.name.as_str(), serde_json::from_str::<Value>(&call.arguments).unwrap()))
        .collect();
    let cities = [json!({"city": "Rome"}), json!({"city": "Oslo"})];
    assert_eq!(calls, [("weather", cities[0].clone()), ("weather", cities[1].clone())]);
    assert!(said.tool_calls[0].id != said.tool_calls[1].id);
    assert_eq!(said.finish_reason, Some(FinishReason::ToolCalls));
}

#[rstest]
#[tokio::test]
async fn a_refusal_means_what_can_be_done_about_it(#[values(O, R, A, G, L)] wire: Wire) {
    use ProviderErrorKind::*;
    let filtered = if wire == L { BadRequest } else { ContentFiltered };
    let unknown = if wire == L { NotLoaded } else { BadRequest };
    for (refusal, kind) in [
        (Refusal::RateLimited { retry_after: Duration::from_secs(7) }, RateLimited),
        (Refusal::QuotaExhausted, QuotaExhausted),
        (Refusal::BadKey, AuthFailed),
        (Refusal::NoKey, AuthFailed),
        (Refusal::ContextTooLong, ContextTooLong),
        (Refusal::BadRequest("no such parameter".to_owned()), BadRequest),
        (Refusal::Filtered, filtered),
        (Refusal::UnknownModel, unknown),
        (Refusal::Overloaded, Overloaded),
        (Refusal::Failed(500), Failed),
    ] {
        let error = answer(wire, refusal.clone()).await.unwrap_err();
        assert_eq!(error.kind, kind, "{refusal:?}");
        if kind == RateLimited {
            assert_eq!(error.retry_after, Some(Duration::from_secs(7)));
        }
        assert!(!error.to_string().contains("sk-canary"), "{error}");
    }
}

#[rstest]
#[case::refused(Refusal::Overloaded.after(2), None)]
#[case::cut(Fault::Cut { after_tokens: 2 }, Some(ProviderErrorKind::Truncated))]
#[case::reset(Fault::Reset { after_tokens: 2 }, Some(ProviderErrorKind::Truncated))]
#[case::malformed(Fault::Malformed { after_tokens: 2 }, Some(ProviderErrorKind::Protocol))]
#[case::not_utf8(Fault::InvalidUtf8 { after_tokens: 2 }, Some(ProviderErrorKind::Protocol))]
#[tokio::test]
async fn what_came_before_a_fault_is_kept(
    #[values(O, R, A, G, L)] wire: Wire,
    #[case] fault: Fault,
    #[case] kind: Option<ProviderErrorKind>,
) {
    let model = MockLlm::start().await;
    model.script(Script::tokens(["one ", "two ", "three"]).fault(fault));
    let mut deltas = wire.provider(&model).stream(question()).await.unwrap();
    let mut text = String::new();
    let error = loop {
        match deltas.next().await.unwrap() {
            Ok(Delta::Text(more)) => text.push_str(&more),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(text, "one two ");
    assert!(error.kind.is_retryable(), "{error}");
    assert!(kind.is_none_or(|kind| kind == error.kind), "{error}");
    assert!(deltas.next().await.is_none(), "nothing follows an error");
}

#[rstest]
#[case::html(Fault::Html)]
#[case::redirect(Fault::Redirect)]
#[case::bomb(Fault::Bomb { bytes: 100 << 20 })]
#[case::huge(Fault::HugeEvent { bytes: 10 << 20 })]
#[tokio::test]
async fn what_is_no_answer_is_refused(#[values(O, R, A, G, L)] wire: Wire, #[case] fault: Fault) {
    assert_eq!(answer(wire, fault).await.unwrap_err().kind, ProviderErrorKind::Protocol);
}

#[rstest]
#[tokio::test]
async fn a_key_is_valid_rejected_or_could_not_be_checked(#[values(O, R, A, G)] wire: Wire) {
    let model = MockLlm::start().await;
    model.require_key("good");
    let provider = wire.provider(&model);
    assert_eq!(provider.validate(&SecretString::from("good")).await, KeyCheck::Valid);
    assert_eq!(model.last_request().unwrap().key(), Some("good"));
    assert!(!model.last_request().unwrap().path.contains("good"));
    assert_eq!(provider.validate(&SecretString::from("bad")).await, KeyCheck::Rejected);
    assert_eq!(provider.validate(&SecretString::from("a\r\nb: c")).await, KeyCheck::Unreachable);
    // Without a connection that is open already.
    let late = wire.provider(&model);
    model.stop().await;
    assert_eq!(late.validate(&SecretString::from("good")).await, KeyCheck::Unreachable);
}

#[tokio::test]
async fn a_name_that_is_no_name_goes_nowhere() {
    let model = MockLlm::start().await;
    for name in ["../../v1/messages", "a/b", "a?key=b", "a\r\nx: y", ""] {
        let request = CompletionRequest { model: name.to_owned(), ..question() };
        let error = G.provider(&model).complete(request).await.unwrap_err();
        assert_eq!(error.kind, ProviderErrorKind::BadRequest, "{name}");
    }
    assert!(model.requests().is_empty());
}

#[tokio::test]
async fn usage_is_not_asked_of_a_server_that_does_not_know_it() {
    let model = MockLlm::start().await;
    let message = "[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options')}]";
    let (code, body) = (422, json!({"detail": message}));
    model.script(Fault::Status { code, body, headers: Default::default() });
    model.script(Script::text("Hello"));
    assert_eq!(O.provider(&model).complete(question()).await.unwrap().text, "Hello");
    let asked: Vec<_> =
        model.requests().iter().map(|request| request.json()["stream_options"].clone()).collect();
    assert_eq!(asked, [json!({"include_usage": true}), Value::Null]);
}

#[tokio::test]
async fn ollama_is_told_how_long_the_context_is() {
    let model = MockLlm::start().await;
    model.script(Script::text("Hello"));
    L.provider(&model).complete(question()).await.unwrap();
    assert_eq!(model.last_request().unwrap().json()["options"]["num_ctx"], 8192);
}

#[tokio::test]
async fn a_model_of_ollamas_is_fetched_and_loaded() {
    let model = MockLlm::start().await;
    model.pulled(["llama3.2"]);
    let ollama = L.provider(&model);
    let load = |may_fetch| {
        let model = "mistral".to_owned();
        ollama.load(LoadRequest { model, context_length: 4096, may_fetch }).unwrap()
    };
    assert_eq!(ollama.status("mistral").await.state, LoadState::Absent);
    assert_eq!(ollama.status("llama3.2").await.state, LoadState::NotLoaded);
    let refused = load(false).try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(refused.kind, ProviderErrorKind::NotLoaded);

    let progress: Vec<_> = load(true).try_collect().await.unwrap();
    assert!(progress.len() > 3, "{progress:?}");
    assert!(progress.is_sorted_by(|a, b| a.fraction <= b.fraction), "{progress:?}");
    let last = progress.last().unwrap();
    assert!(last.is_loaded && (last.fraction - 1.0).abs() < f64::EPSILON, "{last:?}");
    assert_eq!(progress.iter().filter(|step| step.is_loaded).count(), 1);
    assert_eq!(model.last_request().unwrap().json()["options"]["num_ctx"], 4096);

    let state = ollama.status("mistral").await;
    assert_eq!(state.state, LoadState::Loaded);
    assert!(state.memory_bytes.unwrap() > 0);
    let known = ollama.discover().await.unwrap();
    let names: Vec<_> = known.iter().map(|model| model.upstream.as_str()).collect();
    assert_eq!(names, ["llama3.2:latest", "mistral:latest"]);
    assert!(known[0].tools && known[0].vision && known[0].reasoning);
    assert!(known[0].context_length > 4096);

    // Without a connection that is open already.
    let late = L.provider(&model);
    model.stop().await;
    assert_eq!(late.status("mistral").await.state, LoadState::Unavailable);
    assert_eq!(late.discover().await.unwrap_err().kind, ProviderErrorKind::Unreachable);
}

#[tokio::test]
async fn a_fetch_that_fails_says_so() {
    let model = MockLlm::start().await;
    model.pulled(Vec::<String>::new());
    let request =
        LoadRequest { model: "mistral".to_owned(), context_length: 4096, may_fetch: true };
    model.loading_script(Script::generated(6).fault(Refusal::Failed(500).after(2)));
    let failed = L.provider(&model).load(request.clone()).unwrap();
    assert_eq!(failed.try_collect::<Vec<_>>().await.unwrap_err().kind, ProviderErrorKind::Failed);
    model.loading_script(Script::generated(6).fault(Fault::Cut { after_tokens: 2 }));
    let cut = L.provider(&model).load(request).unwrap();
    assert_eq!(cut.try_collect::<Vec<_>>().await.unwrap_err().kind, ProviderErrorKind::Truncated);
}
