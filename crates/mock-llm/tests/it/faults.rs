//! Each fault does what it says, and the log knows.

use std::error::Error;
use std::io;
use std::time::Duration;

use mock_llm::{Ended, Fault, MockLlm, Options, Script, openai};
use serde_json::Value;

use crate::client::{body_of_stream, chunks, data, post, read_until, streamed, text, until_broken};

async fn mock_with(fault: Fault) -> MockLlm {
    let mock = MockLlm::start().await;
    mock.script(Script::tokens(["one", " two", " three"]).fault(fault));
    mock
}

fn assert_faulted(mock: &MockLlm, sent: &str) {
    let last = mock.last_request().unwrap();
    assert_eq!((last.sent.as_str(), last.ended), (sent, Ended::Faulted));
}

/// The kind of I/O error under `error`, if there is one.
pub fn kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut kind = None;
    while let Some(error) = cause {
        kind = error.downcast_ref::<io::Error>().map(io::Error::kind).or(kind);
        cause = error.source();
    }
    kind
}

#[tokio::test(flavor = "multi_thread")]
async fn http_errors_of_openai() {
    let expected = [
        (openai::rate_limited(Duration::from_millis(1500)), 429, "rate_limit_exceeded"),
        (openai::insufficient_quota(), 429, "insufficient_quota"),
        (openai::unauthorized(), 401, "invalid_api_key"),
        (openai::context_length_exceeded(), 400, "context_length_exceeded"),
    ];
    for (fault, status, code) in expected {
        let mock = mock_with(fault).await;
        let response = post(&mock, &streamed("Hi")).await;
        assert_eq!(response.status(), status);
        if code == "rate_limit_exceeded" {
            assert_eq!(response.headers()["retry-after"], "2");
            assert_eq!(response.headers()["retry-after-ms"], "1500");
        }
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], code);
        assert_faulted(&mock, "");
    }
    let mock = mock_with(openai::server_error(503)).await;
    let response = post(&mock, &streamed("Hi")).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["content-type"], "application/json");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_may_carry_plain_text_and_headers() {
    let mock = mock_with(Fault::Status {
        code: 502,
        body: "<html>Bad gateway".into(),
        headers: [("content-type".to_owned(), "text/html".to_owned())].into(),
    })
    .await;
    let response = post(&mock, &streamed("Hi")).await;
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()["content-type"], "text/html");
    assert_eq!(response.text().await.unwrap(), "<html>Bad gateway");
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_ends_the_body_properly_without_a_finish() {
    let mock = mock_with(Fault::Cut { after_tokens: 2 }).await;
    let (body, broken) = until_broken(post(&mock, &streamed("Hi")).await).await;
    assert!(broken.is_none(), "{broken:?}");
    assert_eq!(text(&chunks(&body).await), "one two");
    assert!(!body.contains("DONE") && !body.contains("stop"));
    assert_faulted(&mock, "one two");
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_resets_the_connection() {
    let mock = mock_with(Fault::Reset { after_tokens: 2 }).await;
    let (body, broken) = until_broken(post(&mock, &streamed("Hi")).await).await;
    assert_eq!(text(&chunks(&body).await), "one two");
    assert_eq!(kind(&broken.unwrap()), Some(io::ErrorKind::ConnectionReset));
    assert_faulted(&mock, "one two");
}

#[tokio::test(flavor = "multi_thread")]
async fn break_off_closes_in_the_middle_of_the_body() {
    let mock = mock_with(Fault::BreakOff { after_tokens: 1 }).await;
    let (body, broken) = until_broken(post(&mock, &streamed("Hi")).await).await;
    assert_eq!(text(&chunks(&body).await), "one");
    assert_ne!(kind(&broken.unwrap()), Some(io::ErrorKind::ConnectionReset));
    assert_faulted(&mock, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_resets_a_reset_is_a_break_off() {
    let options = Options { resets: false, ..Options::default() };
    let mock = MockLlm::launch(options).await.unwrap();
    mock.script(Fault::Reset { after_tokens: 1 });
    let (_, broken) = until_broken(post(&mock, &streamed("Hi")).await).await;
    assert_ne!(kind(&broken.unwrap()), Some(io::ErrorKind::ConnectionReset));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_event_ends_the_stream() {
    let mock = mock_with(Fault::ErrorEvent {
        after_tokens: 1,
        code: "overloaded".to_owned(),
        message: "Too busy".to_owned(),
    })
    .await;
    let chunks = chunks(&body_of_stream(&mock).await).await;
    assert_eq!(text(&chunks), "one");
    let error = &chunks.last().unwrap()["error"];
    assert_eq!((&error["code"], &error["message"]), (&"overloaded".into(), &"Too busy".into()));
    assert_faulted(&mock, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_event_comes_between_good_ones() {
    let mock = mock_with(Fault::Malformed { after_tokens: 1 }).await;
    let data = data(&body_of_stream(&mock).await).await;
    let broken: Vec<_> =
        (0..data.len()).filter(|at| serde_json::from_str::<Value>(&data[*at]).is_err()).collect();
    // role, "one", then the broken one; the other that is no JSON is [DONE]
    assert_eq!(broken, [2, data.len() - 1]);
    assert!(data[3].contains(" two"));
    assert_faulted(&mock, "one two three");
}

#[tokio::test(flavor = "multi_thread")]
async fn html_json_and_redirects_instead_of_a_stream() {
    let mock = mock_with(Fault::Html).await;
    let response = post(&mock, &streamed("Hi")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert_faulted(&mock, "");

    mock.script(Script::text("Hi").fault(Fault::JsonInsteadOfStream));
    let response = post(&mock, &streamed("Hi")).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "Hi");
    assert_faulted(&mock, "Hi");

    mock.script(Fault::Redirect);
    let response = post(&mock, &streamed("Hi")).await;
    assert_eq!(response.status(), 307);
    assert_eq!(response.headers()["location"], "/redirected");
    assert_faulted(&mock, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_event_has_exactly_that_size() {
    const SIZE: usize = 3 << 20;
    let mock = mock_with(Fault::HugeEvent { bytes: SIZE }).await;
    let body = body_of_stream(&mock).await;
    let event = body.split_inclusive("\n\n").nth(1).unwrap();
    assert_eq!(event.len(), SIZE);
    let sent = mock.last_request().unwrap().sent;
    assert_eq!(text(&chunks(&body).await), sent);
    assert!(sent.ends_with("xxone two three"));
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_tokens_until_the_client_has_enough() {
    let mock = mock_with(Fault::Endless).await;
    let mut response = post(&mock, &streamed("Hi")).await;
    let mut read = 0;
    while read < 1 << 20 {
        read += response.chunk().await.unwrap().unwrap().len();
    }
    drop(response);
    let log = mock.wait_for(|log| log[0].ended == Ended::ClientLeft).await;
    let sent = &log[0].sent;
    assert!(sent.len() > 10_000 && sent.starts_with("one two threeone two three"));
    let tail = "one two three".repeat(2);
    assert!(tail.contains(&sent[sent.len() - 13..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_keeps_the_connection_open() {
    let mock = mock_with(Fault::Silence { after_tokens: 1 }).await;
    let open = read_until(post(&mock, &streamed("Hi")).await, "one").await;
    let log = mock.wait_for(|log| log[0].sent == "one").await;
    assert_eq!(log[0].ended, Ended::Open);
    drop(open);
    mock.wait_for(|log| log[0].ended == Ended::ClientLeft).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_comments_come_after_the_token() {
    let mock = MockLlm::start().await;
    let script = Script::from(Fault::OnlyComments { after_tokens: 0 });
    mock.script(script.pace(Duration::from_millis(1)));
    let twice = ": keep-alive\n\n: keep-alive\n\n";
    let open = read_until(post(&mock, &streamed("Hi")).await, twice).await;
    assert_eq!(mock.last_request().unwrap().sent, "");
    drop(open);
    mock.wait_for(|log| log[0].ended == Ended::ClientLeft).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_after_the_end() {
    let mock = mock_with(Fault::TokensAfterEnd).await;
    let data = data(&body_of_stream(&mock).await).await;
    let done = data.iter().position(|data| data == "[DONE]").unwrap();
    assert_eq!(data.len() - done, 3);
    assert!(data[done + 1].contains(r#""content":" after""#));
    assert_faulted(&mock, "one two three after all");
}
