//! Clients of every provider, as small as they can be: they ask the same and understand the same.

use mock_llm::MockLlm;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::client::{client, data};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    OpenAi,
    OpenRouter,
    Anthropic,
    Google,
    Ollama,
}

/// What a client has understood of an answer.
#[derive(Debug, Default, PartialEq)]
pub struct Answer {
    pub text: String,
    pub reasoning: String,
    /// Names and arguments.
    pub calls: Vec<(String, Value)>,
    pub finish: Option<String>,
    pub usage: Usage,
    pub error: Option<Value>,
    /// Whether it ended as an answer should.
    pub complete: bool,
}

/// Token counts in classes that have nothing in common.
#[derive(Debug, Default, PartialEq)]
pub struct Usage {
    pub fresh: u64,
    pub cached: u64,
    pub written: u64,
    pub output: u64,
}

impl Vendor {
    pub fn path(self, stream: bool) -> &'static str {
        match self {
            Self::OpenAi => "/v1/chat/completions",
            Self::OpenRouter => "/api/v1/chat/completions",
            Self::Anthropic => "/v1/messages",
            Self::Google if stream => "/v1beta/models/m:streamGenerateContent?alt=sse",
            Self::Google => "/v1beta/models/m:generateContent",
            Self::Ollama => "/api/chat",
        }
    }

    pub fn models(self) -> &'static str {
        match self {
            Self::OpenAi | Self::Anthropic => "/v1/models",
            Self::OpenRouter => "/api/v1/models",
            Self::Google => "/v1beta/models",
            Self::Ollama => "/api/tags",
        }
    }

    pub fn body(self, said: &str, stream: bool) -> Value {
        let messages = json!([{ "role": "user", "content": said }]);
        match self {
            Self::OpenAi if stream => json!({
                "model": "m", "stream": true, "messages": messages,
                "stream_options": { "include_usage": true },
            }),
            Self::OpenAi | Self::OpenRouter | Self::Ollama => {
                json!({ "model": "m", "stream": stream, "messages": messages })
            }
            Self::Anthropic => json!({
                "model": "m", "stream": stream, "messages": messages, "max_tokens": 100,
                "system": "Be brief.",
            }),
            Self::Google => json!({
                "contents": [{ "role": "user", "parts": [{ "text": said }] }],
                "systemInstruction": { "parts": [{ "text": "Be brief." }] },
            }),
        }
    }

    /// A request with this key.
    pub fn keyed(self, request: RequestBuilder, key: &str) -> RequestBuilder {
        match self {
            Self::OpenAi | Self::OpenRouter => request.bearer_auth(key),
            Self::Anthropic => {
                request.header("x-api-key", key).header("anthropic-version", "2023-06-01")
            }
            Self::Google => request.header("x-goog-api-key", key),
            Self::Ollama => request,
        }
    }

    /// A mock that this client can ask for the model `m`.
    pub async fn mock() -> MockLlm {
        let mock = MockLlm::start().await;
        mock.pulled(["m"]);
        mock
    }

    pub async fn post(self, mock: &MockLlm, body: &Value, stream: bool) -> Response {
        let request = client().post(mock.url() + self.path(stream)).json(body);
        self.keyed(request, "sk-1").send().await.unwrap()
    }

    pub async fn ask(self, mock: &MockLlm, stream: bool) -> Response {
        self.post(mock, &self.body("Hi", stream), stream).await
    }

    /// Asks, and reads the answer.
    pub async fn answer(self, mock: &MockLlm, stream: bool) -> Answer {
        let response = self.ask(mock, stream).await;
        assert_eq!(response.status(), 200);
        let kind = if stream { self.stream_type() } else { "application/json" };
        assert_eq!(response.headers()["content-type"], kind);
        self.read(&response.text().await.unwrap(), stream).await
    }

    pub fn stream_type(self) -> &'static str {
        match self {
            Self::Ollama => "application/x-ndjson",
            _ => "text/event-stream; charset=utf-8",
        }
    }

    pub async fn read(self, body: &str, stream: bool) -> Answer {
        if !stream {
            let json: Value =
                serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
            return self.understand(&[json], true);
        }
        let events = match self {
            Self::Ollama => body.lines().map(str::to_owned).collect(),
            _ => data(body).await,
        };
        let done = events.iter().any(|event| event == "[DONE]");
        let parsed: Vec<Value> =
            events.iter().filter_map(|event| serde_json::from_str(event).ok()).collect();
        assert_eq!(parsed.len() + usize::from(done), events.len(), "broken JSON in {body}");
        self.understand(&parsed, done)
    }

    fn understand(self, events: &[Value], done: bool) -> Answer {
        let mut answer = Answer { complete: done, ..Answer::default() };
        for event in events {
            if !event["error"].is_null() {
                answer.error = Some(event["error"].clone());
            }
            match self {
                Self::OpenAi | Self::OpenRouter => answer.openai(event),
                Self::Anthropic => answer.anthropic(event),
                Self::Google => answer.google(event),
                Self::Ollama => answer.ollama(event),
            }
        }
        for (_, arguments) in &mut answer.calls {
            if let Some(text) = arguments.as_str() {
                *arguments = serde_json::from_str(text).unwrap_or(Value::Null);
            }
        }
        answer
    }
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

impl Answer {
    fn call(&mut self, name: &Value) {
        self.calls.push((string(name).to_owned(), "".into()));
    }

    fn argument(&mut self, fragment: &Value) {
        let Some((_, arguments)) = self.calls.last_mut() else { return };
        *arguments = (string(arguments).to_owned() + string(fragment)).into();
    }

    fn openai(&mut self, event: &Value) {
        let choice = &event["choices"][0];
        let name = if choice["message"].is_null() { "delta" } else { "message" };
        let delta = &choice[name];
        self.text += string(&delta["content"]);
        self.reasoning += string(&delta["reasoning_content"]);
        self.reasoning += string(&delta["reasoning"]);
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            if call["function"]["name"].is_string() {
                self.call(&call["function"]["name"]);
            }
            self.argument(&call["function"]["arguments"]);
        }
        self.finish = choice["finish_reason"].as_str().map(str::to_owned).or(self.finish.take());
        let usage = &event["usage"];
        if usage.is_object() {
            let cached = number(&usage["prompt_tokens_details"]["cached_tokens"]);
            let written = number(&usage["prompt_tokens_details"]["cache_write_tokens"]);
            let fresh = number(&usage["prompt_tokens"]) - cached - written;
            let output = number(&usage["completion_tokens"]);
            self.usage = Usage { fresh, cached, written, output };
        }
    }

    fn anthropic(&mut self, event: &Value) {
        let whole = event["content"].as_array().into_iter().flatten();
        for block in whole.chain([&event["content_block"], &event["delta"]]) {
            self.text += string(&block["text"]);
            self.reasoning += string(&block["thinking"]);
            if block["type"] == "tool_use" {
                self.call(&block["name"]);
                if event["type"] == "message" {
                    self.argument(&block["input"].to_string().into());
                }
            }
            self.argument(&block["partial_json"]);
        }
        for told in [event, &event["delta"]] {
            let finish = told["stop_reason"].as_str().map(str::to_owned);
            self.finish = finish.or(self.finish.take());
        }
        let usage = if event["usage"].is_null() { &event["message"] } else { event };
        let usage = &usage["usage"];
        if usage.is_object() {
            self.usage = Usage {
                fresh: number(&usage["input_tokens"]),
                cached: number(&usage["cache_read_input_tokens"]),
                written: number(&usage["cache_creation_input_tokens"]),
                output: number(&usage["output_tokens"]),
            };
        }
        self.complete |= event["type"] == "message_stop";
    }

    fn google(&mut self, event: &Value) {
        let candidate = &event["candidates"][0];
        for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
            let thought = part["thought"] == true;
            let channel = if thought { &mut self.reasoning } else { &mut self.text };
            *channel += string(&part["text"]);
            let call = &part["functionCall"];
            if call.is_object() {
                self.calls.push((string(&call["name"]).to_owned(), call["args"].clone()));
            }
        }
        self.finish = candidate["finishReason"].as_str().map(str::to_owned).or(self.finish.take());
        self.complete = self.finish.is_some();
        let usage = &event["usageMetadata"];
        if usage.is_object() {
            let cached = number(&usage["cachedContentTokenCount"]);
            self.usage = Usage {
                fresh: number(&usage["promptTokenCount"]) - cached,
                cached,
                written: 0,
                output: number(&usage["candidatesTokenCount"])
                    + number(&usage["thoughtsTokenCount"]),
            };
        }
    }

    /// It tells nothing of a cache.
    fn ollama(&mut self, event: &Value) {
        let message = &event["message"];
        self.text += string(&message["content"]);
        self.reasoning += string(&message["thinking"]);
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let function = &call["function"];
            self.calls.push((string(&function["name"]).to_owned(), function["arguments"].clone()));
        }
        if event["done"] == true {
            self.complete = true;
            self.finish = event["done_reason"].as_str().map(str::to_owned);
            let fresh = number(&event["prompt_eval_count"]);
            let output = number(&event["eval_count"]);
            self.usage = Usage { fresh, output, ..Usage::default() };
        }
    }
}
