//! What the log remembers, and what the mock refuses.

use mock_llm::{Ended, MockLlm, Options, Script};
use serde_json::{Value, json};

use crate::client::{body_of_stream, client, post, streamed, whole};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_recorded_as_it_came() {
    let mock = MockLlm::start().await;
    mock.script(Script::text("Hello there").reasoning(["hm"]));
    let body = r#"{ "model":"gpt-4o", "stream":true, "messages":[
        {"role":"system","content":"Be brief."},
        {"role":"user","content":[{"type":"text","text":"Hel"},{"type":"text","text":"lo"}]}] }"#;
    let url = format!("{}/chat/completions?x=1", mock.base_url());
    let request = client().post(url).header("X-Trace", "t1").bearer_auth("sk-1");
    request.body(body).send().await.unwrap().text().await.unwrap();

    let last = mock.last_request().unwrap();
    assert_eq!((last.index, last.method.as_str()), (0, "POST"));
    assert_eq!(last.path, "/v1/chat/completions?x=1");
    assert_eq!(last.header("x-trace"), Some("t1"));
    assert_eq!(last.header("authorization"), Some("Bearer sk-1"));
    assert_eq!(last.body, body.as_bytes());
    assert_eq!(last.json()["messages"][0]["content"], "Be brief.");
    let messages = [("system", "Be brief."), ("user", "Hello")];
    assert_eq!(last.messages(), messages.map(|(role, said)| (role.to_owned(), said.to_owned())));
    assert_eq!((last.sent.as_str(), last.sent_reasoning.as_str()), ("Hello there", "hm"));
    assert_eq!(last.ended, Ended::Finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_numbered_and_waited_for() {
    let mock = MockLlm::start().await;
    let (log, ()) = tokio::join!(mock.wait_for(|log| log.len() == 3), async {
        for _ in 0..3 {
            body_of_stream(&mock).await;
        }
    });
    assert_eq!(log.iter().map(|request| request.index).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(mock.stats().total, 3);
    assert_eq!(mock.stats().finished, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_log_forgets_the_oldest() {
    let options = Options { log: 2, ..Options::default() };
    let mock = MockLlm::launch(options).await.unwrap();
    for _ in 0..3 {
        body_of_stream(&mock).await;
    }
    let indices: Vec<_> = mock.requests().iter().map(|request| request.index).collect();
    assert_eq!(indices, [1, 2]);
    assert_eq!(mock.stats().total, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_key_is_required() {
    let mock = MockLlm::start().await;
    mock.require_key("sk-right");
    let url = format!("{}/chat/completions", mock.base_url());
    for (key, status) in [("sk-wrong", 401), ("sk-right", 200)] {
        let request = client().post(&url).bearer_auth(key).json(&whole("Hi"));
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    let response = post(&mock, &whole("Hi")).await;
    assert_eq!(response.status(), 401);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "invalid_api_key");
    let models = client().get(format!("{}/models", mock.base_url()));
    assert_eq!(models.send().await.unwrap().status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_and_costs_no_script() {
    let mock = MockLlm::start().await;
    mock.script(Script::text("kept"));
    for nonsense in [
        json!({ "messages": [{ "role": "user", "content": "Hi" }] }),
        json!({ "model": "gpt-4o", "messages": [] }),
        json!({ "model": "gpt-4o", "messages": "Hi" }),
    ] {
        let response = post(&mock, &nonsense).await;
        assert_eq!(response.status(), 400, "{nonsense}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["type"], "invalid_request_error");
    }
    assert!(post(&mock, &streamed("Hi")).await.text().await.unwrap().contains("kept"));
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_are_recorded_too() {
    let mock = MockLlm::start().await;
    let url = format!("{}/redirected", mock.url());
    assert_eq!(client().get(url).send().await.unwrap().status(), 404);
    let url = format!("{}/chat/completions", mock.base_url());
    assert_eq!(client().get(url).send().await.unwrap().status(), 404);
    let paths: Vec<_> = mock.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/redirected", "/v1/chat/completions"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_mock_gives_its_port_back() {
    let mock = MockLlm::start().await;
    let address = mock.address();
    body_of_stream(&mock).await;
    mock.stop().await;
    let again = MockLlm::bind(address).await.unwrap();
    assert_eq!(again.address(), address);
    assert!(body_of_stream(&again).await.contains("[DONE]"));
    assert!(MockLlm::bind(address).await.is_err());
}
