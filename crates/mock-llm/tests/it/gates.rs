//! Answers that wait, and clients that do not.

use std::time::{Duration, Instant};

use mock_llm::{Ended, Gate, MockLlm, Script};

use crate::client::{body_of_stream, client, post, read_until, streamed, whole};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_waits_at_its_gates_in_turn() {
    let (first, second) = (Gate::new(), Gate::new());
    let mock = MockLlm::start().await;
    let script = Script::text("a b c").reasoning(["hm"]);
    mock.script(script.hold_after(99, &second).hold_after(2, &first));
    let (body, ()) = tokio::join!(body_of_stream(&mock), async {
        first.reached().await;
        let waiting = mock.last_request().unwrap();
        assert_eq!((waiting.sent.as_str(), waiting.sent_reasoning.as_str()), ("a", "hm"));
        assert_eq!(waiting.ended, Ended::Open);
        first.release();
        second.reached().await;
        assert_eq!(mock.last_request().unwrap().sent, "a b c");
        assert_eq!(mock.stats().open, 1);
        second.release();
    });
    assert!(body.ends_with("data: [DONE]\n\n"));
    assert_eq!(mock.last_request().unwrap().ended, Ended::Finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_the_gate_has_arrived() {
    let gate = Gate::new();
    let mock = MockLlm::start().await;
    mock.default_script(Script::text("a b").hold_after(0, &gate));
    // the head of the response and the role, before any token
    let one = read_until(post(&mock, &streamed("Hi")).await, "assistant").await;
    let two = read_until(post(&mock, &streamed("Hi")).await, "assistant").await;
    gate.reached_by(2).await;
    assert!(mock.requests().iter().all(|request| request.sent.is_empty()));
    drop((one, two));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_is_noticed() {
    let gate = Gate::new();
    let mock = MockLlm::start().await;
    mock.default_script(Script::text("a b c").hold_after(2, &gate));
    let stream = read_until(post(&mock, &streamed("Hi")).await, "\" b\"").await;
    drop(stream);
    let log = mock.wait_for(|log| log[0].ended == Ended::ClientLeft).await;
    assert_eq!(log[0].sent, "a b");

    // and one that waits for an answer in one piece
    let url = format!("{}/chat/completions", mock.base_url());
    let request = client().post(url).json(&whole("Hi")).send();
    tokio::select! {
        _ = request => panic!("answered through a closed gate"),
        () = gate.reached_by(2) => {}
    }
    mock.wait_for(|log| log[1].ended == Ended::ClientLeft).await;
    assert_eq!(mock.stats().client_left, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn delays_take_at_least_their_time() {
    let mock = MockLlm::start().await;
    let script = Script::generated(5).pace(Duration::from_millis(4));
    mock.script(script.first_byte_delay(Duration::from_millis(20)));
    let started = Instant::now();
    let response = post(&mock, &streamed("Hi")).await;
    assert!(started.elapsed() >= Duration::from_millis(20));
    response.text().await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(20 + 4 * 4));
}
