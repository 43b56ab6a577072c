//! Answers in one piece.

use std::time::{Duration, Instant};

use mock_llm::{Ended, Fault, Gate, MockLlm, Script};
use serde_json::{Value, json};

use crate::client::{post, until_broken, whole};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_answer_in_one_object() {
    let mock = MockLlm::start().await;
    let script = Script::text("Say \"hi\"\nthere").reasoning(["Let", " me"]);
    mock.script(script.finish("length").usage(3, 4));
    let response = post(&mock, &whole("Hi")).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(
        answer["choices"],
        json!([{
            "index": 0,
            "message": {
                "role": "assistant",
                "reasoning_content": "Let me",
                "content": "Say \"hi\"\nthere",
                "refusal": null,
            },
            "logprobs": null,
            "finish_reason": "length",
        }])
    );
    assert_eq!(answer["usage"]["total_tokens"], 7);
    let last = mock.last_request().unwrap();
    assert_eq!((last.sent.as_str(), last.ended), ("Say \"hi\"\nthere", Ended::Finished));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_be_empty() {
    let mock = MockLlm::start().await;
    mock.script(Script::text(""));
    let answer: Value = post(&mock, &whole("Hi")).await.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "");

    mock.script(Script::text("").reasoning(["hm"]));
    let answer: Value = post(&mock, &whole("Hi")).await.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["reasoning_content"], "hm");
    assert_eq!(answer["choices"][0]["message"]["content"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_before_its_first_byte() {
    let gate = Gate::new();
    let mock = MockLlm::start().await;
    mock.script(Script::text("a b c").pace(Duration::from_millis(5)).hold_after(2, &gate));
    let started = Instant::now();
    let (answer, ()) = tokio::join!(async { post(&mock, &whole("Hi")).await }, async {
        gate.reached().await;
        let last = mock.last_request().unwrap();
        assert_eq!((last.sent.as_str(), last.ended), ("", Ended::Open));
        gate.release();
    });
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "a b c");
    // two pauses between three tokens; a lower bound holds on any machine
    assert!(started.elapsed() >= Duration::from_millis(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_strike_the_body_at_their_token() {
    let mock = MockLlm::start().await;
    mock.script(Script::text("Hello world").fault(Fault::Cut { after_tokens: 1 }));
    let (body, broken) = until_broken(post(&mock, &whole("Hi")).await).await;
    assert!(body.ends_with(r#""content":"Hello"#) && broken.is_none(), "{body}");

    mock.script(Script::text("Hello world").fault(Fault::BreakOff { after_tokens: 1 }));
    let (body, broken) = until_broken(post(&mock, &whole("Hi")).await).await;
    assert!(body.ends_with(r#""content":"Hello"#) && broken.is_some(), "{body}");

    mock.script(Script::text("Hello world").fault(Fault::Malformed { after_tokens: 1 }));
    let (body, _) = until_broken(post(&mock, &whole("Hi")).await).await;
    assert!(serde_json::from_str::<Value>(&body).is_err() && body.contains(" world"));

    mock.script(Fault::ErrorEvent {
        after_tokens: 1,
        code: "server_error".to_owned(),
        message: "Oops".to_owned(),
    });
    let answer: Value = post(&mock, &whole("Hi")).await.json().await.unwrap();
    assert_eq!(answer["error"]["message"], "Oops");
    assert!(mock.requests().iter().all(|request| request.ended == Ended::Faulted));
}
