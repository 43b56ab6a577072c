//! Every fault on every wire.

use std::time::Duration;

use mock_llm::{Break, Chunking, Ended, Fault, MockLlm, Script};
use rstest::rstest;

use crate::client::{client, until_broken};
use crate::faults::kind;
use crate::vendor::Vendor::{self, Anthropic, Google, Ollama, OpenAi, OpenRouter};

async fn mock_with(fault: Fault) -> MockLlm {
    let mock = Vendor::mock().await;
    mock.script(Script::tokens(["one", " two", " three"]).fault(fault));
    mock
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn before_the_head(
    #[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor,
    #[values(Break::Off, Break::Reset)] how: Break,
) {
    let mock = mock_with(Fault::BeforeHead(how)).await;
    let body = vendor.body("Hi", true);
    let request = client().post(mock.url() + vendor.path(true)).json(&body);
    let error = vendor.keyed(request, "sk-1").send().await.unwrap_err();
    let reset = kind(&error) == Some(std::io::ErrorKind::ConnectionReset);
    assert_eq!(reset, how == Break::Reset, "{error:?}");
    assert_eq!(mock.last_request().unwrap().ended, Ended::Faulted);
    // the mock lives on
    assert!(vendor.answer(&mock, true).await.complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_before_the_head() {
    let mock = mock_with(Fault::BeforeHead(Break::Silence)).await;
    let request = client().post(mock.url() + OpenAi.path(true)).json(&OpenAi.body("Hi", true));
    let error = request.timeout(Duration::from_millis(50)).send().await.unwrap_err();
    assert!(error.is_timeout());
    mock.wait_for(|log| log[0].ended == Ended::ClientLeft).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn in_the_body_after_each_token(
    #[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor,
    #[values(0, 1, 3)] after_tokens: usize,
) {
    let said = ["", "one", "one two", "one two three"][after_tokens];
    for (fault, breaks) in [
        (Fault::Cut { after_tokens }, false),
        (Fault::BreakOff { after_tokens }, true),
        (Fault::Reset { after_tokens }, true),
    ] {
        let mock = mock_with(fault.clone()).await;
        let (body, broken) = until_broken(vendor.ask(&mock, true).await).await;
        assert_eq!(broken.is_some(), breaks, "{fault:?}");
        let answer = vendor.read(&body, true).await;
        assert_eq!((answer.text.as_str(), answer.complete), (said, false), "{fault:?}");
        let last = mock.last_request().unwrap();
        assert_eq!((last.sent.as_str(), last.ended), (said, Ended::Faulted));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn after_the_end(#[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor) {
    for how in [Break::Off, Break::Reset] {
        let mock = mock_with(Fault::AfterEnd(how)).await;
        let (body, broken) = until_broken(vendor.ask(&mock, true).await).await;
        assert!(broken.is_some());
        assert!(vendor.read(&body, true).await.complete);
    }
    let mock = mock_with(Fault::TokensAfterEnd).await;
    let answer = vendor.answer(&mock, true).await;
    assert_eq!(
        (answer.text.as_str(), answer.complete),
        ("one two three after all", vendor != Google || answer.complete)
    );
    assert_eq!(mock.last_request().unwrap().sent, "one two three after all");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn truncated_anywhere(
    #[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor,
    #[values(true, false)] stream: bool,
) {
    let mock = Vendor::mock().await;
    let script = Script::text("Grüße 🦀").reasoning(["hm"]);
    mock.script(script.clone());
    let whole = vendor.ask(&mock, stream).await.bytes().await.unwrap();
    for after_bytes in (0..whole.len()).step_by(29).chain([whole.len(), whole.len() + 9]) {
        let chunked = script.clone().chunked(Chunking::Seeded(after_bytes as u64));
        mock.script(chunked.fault(Fault::Truncated { after_bytes }));
        let body = vendor.ask(&mock, stream).await.bytes().await.unwrap();
        assert_eq!(body, whole[..after_bytes.min(whole.len())]);
        let sent = mock.last_request().unwrap().sent;
        assert!(["", "Grüße", "Grüße 🦀"].contains(&sent.as_str()), "{sent}");
        assert!(body.len() == whole.len() || sent.len() <= body.len());
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_and_text_that_is_no_json(
    #[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor,
    #[values(true, false)] stream: bool,
) {
    let mock = mock_with(Fault::InvalidUtf8 { after_tokens: 1 }).await;
    let body = vendor.ask(&mock, stream).await.bytes().await.unwrap();
    assert!(std::str::from_utf8(&body).is_err());
    let answer = vendor.read(&String::from_utf8_lossy(&body), stream).await;
    assert_eq!((answer.text.as_str(), answer.complete), ("one\u{fffd} two three", true));
    assert_eq!(mock.last_request().unwrap().sent, answer.text);

    let mock = mock_with(Fault::Malformed { after_tokens: 1 }).await;
    let body = vendor.ask(&mock, stream).await.text().await.unwrap();
    assert!(body.contains(" two") && body.contains(" three"));
    let lines = body.lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
    let broken = lines.filter(|line| line.starts_with('{'));
    let broken = broken.filter(|line| serde_json::from_str::<serde_json::Value>(line).is_err());
    assert_eq!(broken.count(), 1, "{body}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn huge_events_have_their_size(
    #[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor,
) {
    let mock = mock_with(Fault::HugeEvent { bytes: 2 << 20 }).await;
    let body = vendor.ask(&mock, true).await.bytes().await.unwrap();
    mock.script(Script::tokens(["one", " two", " three"]));
    let plain = vendor.ask(&mock, true).await.bytes().await.unwrap();
    // Anthropic's first event opens the block as well, which is in its size
    let opening = if vendor == Anthropic { 0..200 } else { 0..4 };
    let more = body.len() - plain.len();
    assert!(opening.contains(&((2 << 20) - more)), "{more}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn something_else_instead(
    #[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor,
) {
    let mock = mock_with(Fault::Bomb { bytes: 50 << 20 }).await;
    let response = vendor.ask(&mock, true).await;
    assert_eq!(response.headers()["content-type"], vendor.stream_type());
    assert_eq!(response.headers()["content-encoding"], "gzip");
    // this client does not unpack
    assert!(response.bytes().await.unwrap().len() < 1 << 20);

    mock.script(Script::text("a").header("content-type", "text/plain; charset=utf-16"));
    let response = vendor.ask(&mock, true).await;
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-16");
    let body = response.text().await.unwrap();
    assert!(body.len() > 10);

    mock.script(Script::text("a b").fault(Fault::JsonInsteadOfStream));
    let response = vendor.ask(&mock, true).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    let answer = vendor.read(&response.text().await.unwrap(), false).await;
    assert_eq!(answer.text, "a b");

    for (fault, status) in [(Fault::Html, 200), (Fault::Redirect, 307)] {
        mock.script(fault);
        assert_eq!(vendor.ask(&mock, true).await.status(), status);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn without_end(#[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor) {
    for fault in [Fault::Endless, Fault::OnlyComments { after_tokens: 1 }] {
        let mock = mock_with(fault).await;
        let mut response = vendor.ask(&mock, true).await;
        let mut read = 0;
        while read < 10_000 {
            read += response.chunk().await.unwrap().unwrap().len();
        }
        drop(response);
        mock.wait_for(|log| log[0].ended == Ended::ClientLeft).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_drips() {
    let mock = MockLlm::start().await;
    let wait = Duration::from_millis(2);
    mock.script(Script::text("a").chunked(Chunking::Bytes(64)).drip(wait));
    let started = std::time::Instant::now();
    let body = OpenAi.ask(&mock, true).await.bytes().await.unwrap();
    let pieces = u32::try_from(body.len().div_ceil(64)).unwrap();
    assert!(started.elapsed() >= wait * pieces);
}
