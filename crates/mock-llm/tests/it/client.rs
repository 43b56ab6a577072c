//! A client, and an SSE parser that is not ours.

use eventsource_stream::Eventsource;
use futures_util::{StreamExt, TryStreamExt, stream};
use mock_llm::MockLlm;
use reqwest::{Client, Response};
use serde_json::{Value, json};

pub fn client() -> Client {
    let builder = Client::builder().no_proxy().tls_certs_only([]);
    let builder = builder.redirect(reqwest::redirect::Policy::none());
    builder.build().unwrap()
}

/// The body of a request for a stream that ends with the usage.
pub fn streamed(said: &str) -> Value {
    json!({
        "model": "gpt-4o",
        "stream": true,
        "stream_options": { "include_usage": true },
        "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": said }],
    })
}

/// The body of a request for an answer in one piece.
pub fn whole(said: &str) -> Value {
    json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": said }] })
}

pub async fn post(mock: &MockLlm, body: &Value) -> Response {
    let url = format!("{}/chat/completions", mock.base_url());
    let response = client().post(url).json(body).send().await;
    response.unwrap()
}

/// The whole body of a streamed answer.
pub async fn body_of_stream(mock: &MockLlm) -> String {
    let text = post(mock, &streamed("Hi")).await.text().await;
    text.unwrap()
}

/// The data of the events in `body`.
pub async fn data(body: &str) -> Vec<String> {
    let bytes = stream::iter([Ok::<_, std::convert::Infallible>(body.as_bytes().to_vec())]);
    let events = bytes.eventsource().map_ok(|event| event.data).try_collect();
    events.await.unwrap()
}

/// The JSON of the events in `body`, `[DONE]` apart.
pub async fn chunks(body: &str) -> Vec<Value> {
    let data = data(body).await.into_iter().filter(|data| data != "[DONE]");
    data.map(|data| serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error}: {data}")))
        .collect()
}

/// The text in `chunks`, joined.
pub fn text(chunks: &[Value]) -> String {
    let deltas = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]);
    deltas.filter_map(|delta| delta["content"].as_str()).collect()
}

/// The body up to where it ended or broke, and the error that broke it.
pub async fn until_broken(response: Response) -> (String, Option<reqwest::Error>) {
    let mut stream = response.bytes_stream();
    let mut body = Vec::new();
    let mut broken = None;
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(piece) => body.extend_from_slice(&piece),
            Err(error) => broken = Some(error),
        }
    }
    (String::from_utf8_lossy(&body).into_owned(), broken)
}

/// Reads until `needle` has come; the connection stays open as long as the result lives.
pub async fn read_until(response: Response, needle: &str) -> impl Sized + use<> {
    let mut stream = Box::pin(response.bytes_stream());
    let mut body = Vec::new();
    while !String::from_utf8_lossy(&body).contains(needle) {
        match stream.next().await {
            Some(Ok(piece)) => body.extend_from_slice(&piece),
            end => panic!("{end:?} before {needle}: {}", String::from_utf8_lossy(&body)),
        }
    }
    stream
}
