//! OpenAI's chat completions over SSE, and every server that speaks them (vLLM, llama.cpp, LM Studio, …).
//!
//! Source: OpenAI's API reference, "Create chat completion" and "Streaming". Fields, events and values that we do not
//! know are ignored, as the format's evolution asks; the quirks of compatible servers that are tolerated stand beside the
//! code that does so.

use std::collections::VecDeque;

use async_trait::async_trait;
use common::domain::message::{FinishReason, Role};
use futures_util::stream::{self, BoxStream, StreamExt};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Response, StatusCode};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    CompletionRequest, Delta, DeltaStream, Provider, ProviderError, ProviderErrorKind, TokenUsage,
    sse,
};

/// The longest error body that is looked at.
const MAX_ERROR: usize = 64 * 1024;

/// A server that speaks OpenAI's chat completions.
pub struct OpenAi {
    http: reqwest::Client,
    url: String,
}

impl OpenAi {
    /// The server at `base_url`, which ends in `/v1` as OpenAI's own SDKs have it.
    pub fn new(http: reqwest::Client, base_url: &str) -> Self {
        Self { http, url: format!("{}/chat/completions", base_url.trim_end_matches('/')) }
    }
}

#[async_trait]
impl Provider for OpenAi {
    async fn stream(&self, request: CompletionRequest) -> Result<DeltaStream, ProviderError> {
        let mut call =
            self.http.post(&self.url).header(ACCEPT, "text/event-stream").json(&body(&request));
        if let Some(key) = &request.key {
            call = call.bearer_auth(key.expose_secret());
        }
        let response = call.send().await.map_err(sse::transport)?;
        if !response.status().is_success() {
            return Err(refusal(response).await);
        }
        match media_type(&response) {
            "text/event-stream" => Ok(deltas(response)),
            // Some compatible servers ignore `stream`.
            "application/json" => whole(response).await,
            _ => {
                Err(ProviderError::new(ProviderErrorKind::Protocol)
                    .because("neither events nor JSON"))
            }
        }
    }
}

fn body(request: &CompletionRequest) -> Value {
    let messages: Vec<Value> = request
        .messages
        .iter()
        .map(|message| json!({"role": role(message.role), "content": message.content}))
        .collect();
    let mut body = json!({
        "model": request.model,
        "messages": messages,
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    if let Some(temperature) = request.temperature {
        body["temperature"] = temperature.into();
    }
    if let Some(max_tokens) = request.max_tokens {
        body["max_tokens"] = max_tokens.into();
    }
    body
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn media_type(response: &Response) -> &str {
    let header = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim()
}

/// One chunk of a stream, or a whole answer.
#[derive(Deserialize)]
struct Chunk {
    // `null` in the usage chunk of some servers, absent in that of others.
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    #[serde(default)]
    delta: Option<Content>,
    /// In a whole answer.
    #[serde(default)]
    message: Option<Content>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    content: Option<String>,
    // Not OpenAI's: DeepSeek and vLLM say `reasoning_content`, others `reasoning`, and some say both.
    #[serde(default)]
    reasoning_content: Option<String>,
    #[serde(default)]
    reasoning: Option<String>,
    // A refusal is a text for the person like any other.
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u32,
    #[serde(default)]
    completion_tokens: u32,
}

impl Chunk {
    fn parse(data: &str) -> Result<Self, ProviderError> {
        let chunk: Self = serde_json::from_str(data).map_err(|_| {
            ProviderError::new(ProviderErrorKind::Protocol)
                .because("a chunk that is no JSON of ours")
        })?;
        match chunk.error {
            // Headers are long gone: an error in the stream says its status, if at all, as its code.
            Some(error) => Err(ProviderError::new(kind_of_error(None, &error))),
            None => Ok(chunk),
        }
    }

    fn deltas(self) -> impl Iterator<Item = Delta> {
        // Several choices would be several answers; we ask for one.
        let choice = self.choices.unwrap_or_default().into_iter().find(|choice| choice.index == 0);
        let (content, finish) = choice
            .map_or((None, None), |choice| (choice.delta.or(choice.message), choice.finish_reason));
        let (text, reasoning, refusal) = content.map_or((None, None, None), |c| {
            (c.content, c.reasoning_content.or(c.reasoning), c.refusal)
        });
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        let usage = self.usage.map(|usage| {
            Delta::Usage(TokenUsage {
                prompt: usage.prompt_tokens,
                completion: usage.completion_tokens,
            })
        });
        some(reasoning)
            .map(Delta::Reasoning)
            .into_iter()
            .chain(some(text).map(Delta::Text))
            .chain(some(refusal).map(Delta::Text))
            .chain(finish.as_deref().map(finish_reason).map(Delta::Finish))
            .chain(usage)
    }
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "length" => FinishReason::Length,
        "content_filter" => FinishReason::ContentFilter,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        _ => FinishReason::Stop,
    }
}

/// A stream in the middle of being read.
struct Reading<S> {
    events: S,
    ready: VecDeque<Delta>,
    /// Whether a finish reason has come: then the end of the connection is the end of the answer, even without `[DONE]`.
    is_finished: bool,
}

fn deltas(response: Response) -> DeltaStream {
    let events: BoxStream<'static, _> = sse::events(response).boxed();
    let reading = Reading { events, ready: VecDeque::new(), is_finished: false };
    stream::try_unfold(reading, |mut reading| async move {
        loop {
            if let Some(delta) = reading.ready.pop_front() {
                return Ok(Some((delta, reading)));
            }
            match reading.events.next().await {
                Some(event) => {
                    let event = event?;
                    if event.data.trim() == "[DONE]" {
                        return Ok(None);
                    }
                    reading.ready.extend(Chunk::parse(&event.data)?.deltas());
                    reading.is_finished |=
                        reading.ready.iter().any(|delta| matches!(delta, Delta::Finish(_)));
                }
                None if reading.is_finished => return Ok(None),
                None => return Err(ProviderError::new(ProviderErrorKind::Truncated)),
            }
        }
    })
    .boxed()
}

/// A whole answer to a request for a stream.
async fn whole(response: Response) -> Result<DeltaStream, ProviderError> {
    let bytes = sse::bounded_body(response, sse::MAX_STREAM).await?;
    let chunk = Chunk::parse(&String::from_utf8_lossy(&bytes))?;
    let deltas: Vec<_> = chunk.deltas().map(Ok).collect();
    Ok(stream::iter(deltas).boxed())
}

/// What a status other than 2xx means.
async fn refusal(response: Response) -> ProviderError {
    let status = response.status();
    // What cannot be read says nothing, and the status is enough.
    let bytes = sse::bounded_body(response, MAX_ERROR).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let kind = kind_of_error(Some(status), &body["error"]);
    ProviderError::new(kind).because(format!("status {}", status.as_u16()))
}

/// What an error object, and the status if there was one, mean.
///
/// 429 has two meanings: too fast, and nothing left to spend. Only `code` tells them apart.
fn kind_of_error(status: Option<StatusCode>, error: &Value) -> ProviderErrorKind {
    let text = |field: &str| error[field].as_str().unwrap_or_default().to_owned();
    let (code, kind) = (text("code"), text("type"));
    let says = |word: &str| code.contains(word) || kind.contains(word);
    // In a stream the status stands in the object, as a number or as a text.
    let numeric = error["code"].as_u64().or_else(|| code.parse().ok());
    let status = status.map(|status| u64::from(status.as_u16())).or(numeric);
    if ["insufficient_quota", "credit_balance", "spend_limit", "usage_limit", "billing"]
        .iter()
        .any(|word| says(word))
    {
        return ProviderErrorKind::QuotaExhausted;
    }
    if says("context_length_exceeded") || status == Some(413) {
        return ProviderErrorKind::ContextTooLong;
    }
    match status {
        Some(401 | 403) => ProviderErrorKind::AuthFailed,
        Some(402) => ProviderErrorKind::QuotaExhausted,
        Some(408 | 504) => ProviderErrorKind::TimedOut,
        Some(429) => ProviderErrorKind::RateLimited,
        Some(503 | 529) => ProviderErrorKind::Overloaded,
        Some(300..=399) => ProviderErrorKind::Protocol,
        Some(400..=499) => ProviderErrorKind::BadRequest,
        Some(_) => ProviderErrorKind::Failed,
        None if says("rate_limit") => ProviderErrorKind::RateLimited,
        None if says("overloaded") => ProviderErrorKind::Overloaded,
        None if says("invalid_request") => ProviderErrorKind::BadRequest,
        None if says("authentication") || says("invalid_api_key") => ProviderErrorKind::AuthFailed,
        None => ProviderErrorKind::Failed,
    }
}
