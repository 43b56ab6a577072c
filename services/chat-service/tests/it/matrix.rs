//! Every way to fail, at every place, on every wire: what becomes of the reply stands in the snapshots, one table a wire.

use std::fmt::Write as _;
use std::time::Duration;

use mock_llm::{Break, Fault, Refusal, Script};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine};

use super::{Chat, KEYS, a_conversation};

/// Each way to fail before the head of the answer, before its first token, and after its second.
fn faults() -> Vec<(&'static str, [Script; 3])> {
    let status = |body: &str| Fault::Status {
        code: 200,
        body: json!(body),
        headers: [("content-type".to_owned(), "text/plain".to_owned())].into(),
    };
    let refusals = [
        ("key refused", Refusal::BadKey),
        ("too many requests", Refusal::RateLimited { retry_after: Duration::from_secs(60) }),
        ("quota used up", Refusal::QuotaExhausted),
        ("server error", Refusal::Failed(500)),
        ("overloaded", Refusal::Overloaded),
        ("context too long", Refusal::ContextTooLong),
        ("bad request", Refusal::BadRequest("sk-canary".to_owned())),
        ("filtered", Refusal::Filtered),
    ];
    let broken = [
        ("closed", Fault::BeforeHead(Break::Off), breaks(|n| Fault::BreakOff { after_tokens: n })),
        ("reset", Fault::BeforeHead(Break::Reset), breaks(|n| Fault::Reset { after_tokens: n })),
        (
            "silent",
            Fault::BeforeHead(Break::Silence),
            breaks(|n| Fault::Silence { after_tokens: n }),
        ),
        (
            "cut short",
            Fault::Truncated { after_bytes: 0 },
            breaks(|n| Fault::Cut { after_tokens: n }),
        ),
        ("malformed", Fault::Html, breaks(|n| Fault::Malformed { after_tokens: n })),
        ("no text", status("sk-canary"), breaks(|n| Fault::InvalidUtf8 { after_tokens: n })),
        (
            "too much",
            Fault::Bomb { bytes: 10 << 20 },
            [Fault::HugeEvent { bytes: 2 << 20 }, Fault::Endless],
        ),
        ("signs of life", Fault::Redirect, breaks(|n| Fault::OnlyComments { after_tokens: n })),
        (
            "after the end",
            Fault::JsonInsteadOfStream,
            [Fault::TokensAfterEnd, Fault::AfterEnd(Break::Off)],
        ),
    ];
    let text = || Script::tokens(["one ", "two ", "three"]).pace(Duration::from_millis(1));
    let refusals = refusals.map(|(name, why)| {
        let places = [why.clone().into(), why.clone().after(0), why.after(2)];
        (name, places.map(|fault: Fault| text().fault(fault)))
    });
    let broken = broken.map(|(name, before, [start, middle])| {
        (name, [before, start, middle].map(|fault| text().fault(fault)))
    });
    refusals.into_iter().chain(broken).collect()
}

fn breaks(fault: impl Fn(usize) -> Fault) -> [Fault; 2] {
    [fault(0), fault(2)]
}

/// What became of a reply: how it ended, with which code, and what was kept.
async fn outcome(chat: &Chat, user: &Actor, model: &str) -> String {
    let conversation = a_conversation(user, json!({})).await;
    let body = json!({"content": "Count", "model": model, "stream": true});
    let path = format!("/conversations/{conversation}/messages");
    let events = user.stream(user.request(Method::POST, &path).json(&body)).await.rest().await;
    let last = &events[events.len() - 2];
    assert!(!format!("{events:?}").contains("canary"), "{events:?}");
    let id = last.data["messageId"].as_str().unwrap();
    let stored = chat.app.bearer(user.token()).get(&format!("/messages/{id}")).await.expect(200);
    let message = stored.data("message");
    let text = message["content"].as_str().unwrap();
    let kept = if text.len() > 40 { "…" } else { text.trim() };
    let code = last.data["code"].as_str().unwrap_or("-");
    let retryable = last.data["retryable"] == Value::Bool(true);
    let again = if retryable { ", again" } else { "" };
    format!("{} {code}{again} [{kept}]", message["status"].as_str().unwrap())
}

#[rstest]
#[case::openai("gpt-4o-mini")]
#[case::anthropic("claude-haiku")]
#[case::google("gemini")]
#[case::openrouter("deepseek")]
#[case::ollama("llama3")]
#[tokio::test(flavor = "multi_thread")]
async fn every_fault_has_its_outcome(#[case] model: &str) {
    let settings = [
        ("OMNICHAT__GENERATION__FIRST_TOKEN_SECONDS", "4"),
        ("OMNICHAT__GENERATION__LOADING_SECONDS", "4"),
        ("OMNICHAT__GENERATION__TOTAL_SECONDS", "6"),
        ("OMNICHAT__BREAKER__FAILURES", "1000"),
        ("OMNICHAT__BREAKER__CALLS", "1000"),
    ];
    let chat = Chat::start_with(Engine::Sqlite, &[&settings, &KEYS[..]].concat()).await;
    chat.model.pulled(["llama3"]);
    let user = chat.app.user();
    let mut table = String::new();
    for (name, places) in faults() {
        for (place, script) in ["before", "start", "middle"].iter().zip(places) {
            chat.model.default_script(script);
            let outcome = outcome(&chat, &user, model).await;
            writeln!(table, "{name:<18} {place:<7} {outcome}").unwrap();
        }
    }
    insta::assert_snapshot!(format!("matrix_{model}"), table);
}
