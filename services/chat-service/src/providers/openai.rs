//! OpenAI's chat completions over SSE, and every server that speaks them (vLLM, llama.cpp, LM Studio, …).
//!
//! Source: OpenAI's API reference, "Create chat completion" and "Streaming". Fields, events and values that we do not
//! know are ignored, as the format's evolution asks; the quirks of compatible servers that are tolerated stand beside the
//! code that does so.

use std::collections::VecDeque;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::domain::message::FinishReason;
use common::domain::usage::Tokens;
use reqwest::RequestBuilder;
use reqwest::header::ACCEPT;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::wire::{self, Decoder, Event, Refusal};
use super::{
    CompletionRequest, Delta, DeltaStream, KeyCheck, PromptMessage, PromptRole, Provider,
    ProviderError, ProviderErrorKind, TokenUsage, ToolCallDelta,
};

/// A server that speaks OpenAI's chat completions.
pub struct OpenAi {
    http: reqwest::Client,
    base_url: String,
}

impl OpenAi {
    /// The server at `base_url`, which ends in `/v1` as OpenAI's own SDKs have it.
    pub fn new(http: reqwest::Client, base_url: &str) -> Self {
        Self { http, base_url: base_url.trim_end_matches('/').to_owned() }
    }

    /// Whether a key is taken, by an endpoint that asks for one and does nothing.
    pub(super) async fn check(&self, path: &str, key: &SecretString) -> KeyCheck {
        let request = self.http.get(format!("{}{path}", self.base_url));
        wire::check_key(with_key(request, Some(key)), refusal).await
    }
}

#[async_trait]
impl Provider for OpenAi {
    async fn stream(&self, request: CompletionRequest) -> Result<DeltaStream, ProviderError> {
        let call = self
            .http
            .post(format!("{}/chat/completions", self.base_url))
            .header(ACCEPT, "text/event-stream")
            .json(&body(&request));
        let response = wire::send(with_key(call, request.key.as_ref()), refusal).await?;
        match wire::media_type(&response) {
            "text/event-stream" => Ok(wire::deltas_of_events(response, Chunks::default())),
            // Some compatible servers ignore `stream`.
            "application/json" => wire::deltas_of_whole(response, Chunks::default()).await,
            _ => {
                Err(ProviderError::new(ProviderErrorKind::Protocol)
                    .because("neither events nor JSON"))
            }
        }
    }

    async fn validate(&self, key: &SecretString) -> KeyCheck {
        self.check("/models", key).await
    }
}

fn with_key(request: RequestBuilder, key: Option<&SecretString>) -> RequestBuilder {
    match key {
        Some(key) => request.bearer_auth(key.expose_secret()),
        None => request,
    }
}

fn body(request: &CompletionRequest) -> Value {
    let mut body = json!({
        "model": request.model,
        "messages": request.messages.iter().map(message).collect::<Vec<_>>(),
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    if let Some(temperature) = request.temperature {
        body["temperature"] = temperature.into();
    }
    if let Some(max_tokens) = request.max_tokens {
        body["max_tokens"] = max_tokens.into();
    }
    if let Some(tools) = &request.tools {
        body["tools"] = tools.tools.clone();
        if !tools.choice.is_null() {
            body["tool_choice"] = tools.choice.clone();
        }
    }
    body
}

fn message(message: &PromptMessage) -> Value {
    let role = match message.role {
        PromptRole::System => "system",
        PromptRole::User => "user",
        PromptRole::Assistant => "assistant",
        PromptRole::Tool => "tool",
    };
    let mut json = json!({"role": role, "content": content(message)});
    if !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(|call| {
            let function = json!({"name": call.name, "arguments": call.arguments});
            json!({"id": call.id, "type": "function", "function": function})
        });
        json["tool_calls"] = calls.collect();
    }
    if let Some(id) = &message.tool_call_id {
        json["tool_call_id"] = id.as_str().into();
    }
    json
}

/// A text, or parts where there is something to see: servers that see nothing may take no parts.
fn content(message: &PromptMessage) -> Value {
    if message.images.is_empty() {
        return message.content.as_str().into();
    }
    let text = json!({"type": "text", "text": message.content});
    let images = message.images.iter().map(|image| {
        let url = format!("data:{};base64,{}", image.media_type, STANDARD.encode(&image.data));
        json!({"type": "image_url", "image_url": {"url": url}})
    });
    let text = (!message.content.is_empty()).then_some(text);
    text.into_iter().chain(images).collect()
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
    #[serde(default)]
    tool_calls: Option<Vec<ToolCallChunk>>,
}

#[derive(Deserialize)]
struct ToolCallChunk {
    // Absent on some servers, which then send each call whole.
    #[serde(default)]
    index: Option<u32>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    #[serde(default)]
    name: Option<String>,
    // A text, in pieces; an object, whole, on some servers.
    #[serde(default)]
    arguments: Value,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u32,
    #[serde(default)]
    completion_tokens: u32,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
    // OpenRouter's: US dollars.
    #[serde(default)]
    cost: Option<f64>,
}

#[derive(Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<u32>,
    #[serde(default)]
    cache_write_tokens: Option<u32>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    #[serde(default)]
    reasoning_tokens: Option<u32>,
}

/// OpenAI counts what it read from its cache, and what it thought, twice: there, and in the whole.
impl From<Usage> for TokenUsage {
    fn from(usage: Usage) -> Self {
        let prompt = usage.prompt_tokens_details;
        let cache_read = prompt.as_ref().and_then(|d| d.cached_tokens).unwrap_or(0);
        let cache_write = prompt.and_then(|d| d.cache_write_tokens).unwrap_or(0);
        let details = usage.completion_tokens_details;
        let reasoning = details.and_then(|d| d.reasoning_tokens).unwrap_or(0);
        let tokens = Tokens {
            input: usage.prompt_tokens.saturating_sub(cache_read).saturating_sub(cache_write),
            cache_read,
            cache_write,
            output: usage.completion_tokens.saturating_sub(reasoning),
            reasoning,
        };
        Self { tokens, cost_micro_usd: usage.cost.map(micro_usd) }
    }
}

fn micro_usd(dollars: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a reply does not cost 10^12 dollars")]
    let micros = (dollars * 1e6 - 1e-6).ceil() as i64;
    micros
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
}

/// Reads chunks.
#[derive(Default)]
struct Chunks {
    /// Whether a finish reason has come: then the end of the connection is the end of the answer, even without `[DONE]`.
    is_finished: bool,
    /// How many calls of tools have begun.
    calls: u32,
}

impl Decoder for Chunks {
    fn decode(
        &mut self,
        event: Event<'_>,
        deltas: &mut VecDeque<Delta>,
    ) -> Result<bool, ProviderError> {
        if event.data.trim() == "[DONE]" {
            return Ok(true);
        }
        if event.name == "error" {
            let error: Value = serde_json::from_str(event.data).unwrap_or_default();
            let error = error.get("error").unwrap_or(&error);
            return Err(ProviderError::new(kind_of_error(None, error)));
        }
        let chunk = Chunk::parse(event.data)?;
        // Several choices would be several answers; we ask for one.
        let choice = chunk.choices.unwrap_or_default().into_iter().find(|choice| choice.index == 0);
        if let Some(choice) = choice {
            if let Some(content) = choice.delta.or(choice.message) {
                self.content(content, deltas);
            }
            if let Some(reason) = choice.finish_reason {
                self.is_finished = true;
                deltas.push_back(Delta::Finish(finish_reason(&reason)));
            }
        }
        deltas.extend(chunk.usage.map(|usage| Delta::Usage(usage.into())));
        Ok(false)
    }

    fn is_whole(&self) -> bool {
        self.is_finished
    }
}

impl Chunks {
    fn content(&mut self, content: Content, deltas: &mut VecDeque<Delta>) {
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        let reasoning = content.reasoning_content.or(content.reasoning);
        deltas.extend(some(reasoning).map(Delta::Reasoning));
        deltas.extend(some(content.content).map(Delta::Text));
        deltas.extend(some(content.refusal).map(Delta::Text));
        for call in content.tool_calls.unwrap_or_default() {
            deltas.push_back(Delta::ToolCall(self.tool_call(call)));
        }
    }

    fn tool_call(&mut self, call: ToolCallChunk) -> ToolCallDelta {
        let index = call.index.unwrap_or(self.calls);
        self.calls = self.calls.max(index.saturating_add(1));
        let (name, arguments) =
            call.function.map_or((None, Value::Null), |f| (f.name, f.arguments));
        let arguments = match arguments {
            Value::String(text) => text,
            Value::Null => String::new(),
            object => object.to_string(),
        };
        ToolCallDelta { index, id: call.id, name, arguments }
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

/// What a status other than 2xx means.
fn refusal(refusal: &Refusal) -> ProviderError {
    refusal.error(kind_of_error(Some(refusal.status.as_u16()), &refusal.body["error"]))
}

/// What an error object, and the status if there was one, mean.
///
/// 429 has two meanings: too fast, and nothing left to spend. Only `code` tells them apart.
fn kind_of_error(status: Option<u16>, error: &Value) -> ProviderErrorKind {
    let text = |field: &str| error[field].as_str().unwrap_or_default().to_owned();
    let (code, kind) = (text("code"), text("type"));
    let says = |word: &str| code.contains(word) || kind.contains(word);
    // In a stream the status stands in the object, as a number or as a text.
    let numeric = error["code"].as_u64().or_else(|| code.parse().ok());
    let status = status.map(u64::from).or(numeric);
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
        Some(status) => wire::kind_of_status(u16::try_from(status).unwrap_or(500)),
        None if says("rate_limit") => ProviderErrorKind::RateLimited,
        None if says("overloaded") => ProviderErrorKind::Overloaded,
        None if says("invalid_request") => ProviderErrorKind::BadRequest,
        None if says("authentication") || says("invalid_api_key") => ProviderErrorKind::AuthFailed,
        None => ProviderErrorKind::Failed,
    }
}
