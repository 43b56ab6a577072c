//! One script, and every provider's client understands the same.

use mock_llm::{Chunking, Ended, Fault, Refusal, Script, ToolCall};
use rstest::rstest;
use serde_json::json;

use crate::client::{client, until_broken};
use crate::vendor::Vendor::{self, Anthropic, Google, Ollama, OpenAi, OpenRouter};
use crate::vendor::{Answer, Usage};

fn script() -> Script {
    let call = ToolCall::new("weather", json!({ "city": "Zürich" })).fragments(3);
    Script::text("Grüße an die 世界 🦀 \"all\"\n")
        .reasoning(["Let me", " see"])
        .tool_call(call)
        .tool_call(ToolCall::new("now", json!({})))
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_same_answer(
    #[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor,
    #[values(true, false)] stream: bool,
) {
    let mock = Vendor::mock().await;
    // Ollama tells nothing of a cache
    let cached = if vendor == Ollama { 0 } else { 30 };
    mock.script(script().usage(100, 20).cached(cached, 0));
    let answer = vendor.answer(&mock, stream).await;
    let finish = match vendor {
        OpenAi | OpenRouter => "tool_calls",
        Anthropic => "tool_use",
        Google => "STOP",
        Ollama => "stop",
    };
    let expected = Answer {
        text: "Grüße an die 世界 🦀 \"all\"\n".to_owned(),
        reasoning: "Let me see".to_owned(),
        calls: vec![
            ("weather".to_owned(), json!({ "city": "Zürich" })),
            ("now".to_owned(), json!({})),
        ],
        finish: Some(finish.to_owned()),
        usage: Usage { fresh: 100 - cached, cached, written: 0, output: 20 },
        error: None,
        complete: true,
    };
    assert_eq!(answer, expected);

    let last = mock.last_request().unwrap();
    assert_eq!((last.ended, last.key()), (Ended::Finished, (vendor != Ollama).then_some("sk-1")));
    assert_eq!((last.sent.as_str(), last.sent_reasoning.as_str()), (&*expected.text, "Let me see"));
    let ask = last.ask.unwrap();
    assert_eq!((ask.model.as_str(), ask.last_user(), ask.stream), ("m", "Hi", stream));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_answer_and_one_cut_short(
    #[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor,
    #[values(true, false)] stream: bool,
) {
    let mock = Vendor::mock().await;
    mock.script(Script::text(""));
    let answer = vendor.answer(&mock, stream).await;
    assert_eq!((answer.text.as_str(), answer.complete), ("", true));
    mock.script(Script::text("a b").finish("length"));
    let answer = vendor.answer(&mock, stream).await;
    let length = match vendor {
        OpenAi | OpenRouter => "length",
        Anthropic => "max_tokens",
        Google => "MAX_TOKENS",
        Ollama => "length",
    };
    assert_eq!((answer.text.as_str(), answer.finish.as_deref()), ("a b", Some(length)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn however_it_is_cut_it_is_the_same(
    #[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor,
) {
    let mock = Vendor::mock().await;
    mock.script(script());
    let plain = vendor.ask(&mock, true).await.bytes().await.unwrap();
    for chunking in [Chunking::Events, Chunking::Bytes(1), Chunking::Seeded(7)] {
        mock.script(script().chunked(chunking));
        assert_eq!(vendor.ask(&mock, true).await.bytes().await.unwrap(), plain, "{chunking:?}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn signs_of_life_mean_nothing(
    #[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor,
) {
    let mock = Vendor::mock().await;
    mock.script(script());
    mock.script(script().comments().crlf());
    let plain = vendor.answer(&mock, true).await;
    assert_eq!(vendor.answer(&mock, true).await, plain);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_its_end_is_not_complete(
    #[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor,
) {
    let mock = Vendor::mock().await;
    for fault in [Fault::Cut { after_tokens: 3 }, Fault::BreakOff { after_tokens: 3 }] {
        mock.script(script().fault(fault.clone()));
        let (body, broken) = until_broken(vendor.ask(&mock, true).await).await;
        assert_eq!(broken.is_some(), fault == Fault::BreakOff { after_tokens: 3 });
        let answer = vendor.read(&body, true).await;
        assert_eq!((answer.text.as_str(), answer.complete), ("Grüße", false));
    }
    // what the end is differs: Google's is the finish reason
    let script = Script::text("a");
    let endless = if vendor == Google { script.without_finish() } else { script.without_done() };
    mock.script(endless);
    assert!(!vendor.answer(&mock, true).await.complete);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_good_key_is_asked_for(#[values(OpenAi, OpenRouter, Anthropic, Google)] vendor: Vendor) {
    let mock = Vendor::mock().await;
    mock.require_key("sk-good");
    mock.require_key("sk-better");
    let bad = if vendor == Google { 400 } else { 401 };
    for (key, status) in [("sk-good", 200), ("sk-better", 200), ("sk-bad", bad)] {
        let request = client().post(mock.url() + vendor.path(true)).json(&vendor.body("Hi", true));
        let response = vendor.keyed(request, key).send().await.unwrap();
        assert_eq!(response.status(), status, "{key}");
        let models = vendor.keyed(client().get(mock.url() + vendor.models()), key);
        assert_eq!(models.send().await.unwrap().status(), status, "{key}");
        assert_eq!(mock.last_request().unwrap().key(), Some(key));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_a_stream_is_the_providers(
    #[values(OpenAi, OpenRouter, Anthropic, Google, Ollama)] vendor: Vendor,
) {
    let mock = Vendor::mock().await;
    mock.script(Script::text("a b c").fault(Refusal::Overloaded.after(2)));
    let answer = vendor.answer(&mock, true).await;
    assert_eq!((answer.text.as_str(), answer.complete), ("a b", false));
    let error = answer.error.unwrap();
    match vendor {
        OpenAi => assert_eq!(error["type"], "server_error"),
        OpenRouter => {
            assert_eq!((&error["code"], answer.finish.as_deref()), (&503.into(), Some("error")));
        }
        Anthropic => assert_eq!(error["type"], "overloaded_error"),
        Google => {
            assert_eq!((&error["code"], &error["status"]), (&503.into(), &"UNAVAILABLE".into()));
        }
        Ollama => assert!(error.as_str().unwrap().starts_with("server busy")),
    }
    assert_eq!(mock.last_request().unwrap().ended, Ended::Faulted);
}
