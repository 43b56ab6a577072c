//! What is answered: the chunks of a stream, or one whole answer, which has the same shape.

use std::collections::VecDeque;

use common::domain::message::FinishReason;
use common::domain::usage::Tokens;
use serde::Deserialize;
use serde_json::Value;

use super::super::wire::{self, Decoder, Event};
use super::super::{Delta, ProviderError, ProviderErrorKind, TokenUsage};
use super::calls::{CallChunk, Calls, Function};
use super::content::Content;
use super::errors;

#[derive(Deserialize)]
struct Chunk {
    // `null` in the usage chunk of some servers, absent in that of others.
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    // In the last chunk, or in every one; the last counts.
    #[serde(default)]
    usage: Option<Usage>,
    // Groq's.
    #[serde(default)]
    x_groq: Option<Groq>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Groq {
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    #[serde(default)]
    delta: Option<Message>,
    /// In a whole answer.
    #[serde(default)]
    message: Option<Message>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Content,
    // Not OpenAI's: DeepSeek and vLLM say `reasoning_content`, others `reasoning`, and some say both. OpenRouter says the
    // same once more in `reasoning_details`.
    #[serde(default)]
    reasoning_content: Option<String>,
    #[serde(default)]
    reasoning: Option<String>,
    // A refusal is a text for the person like any other.
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<CallChunk>>,
    // What `tool_calls` was before there could be several.
    #[serde(default)]
    function_call: Option<Function>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default, deserialize_with = "wire::count")]
    prompt_tokens: u32,
    #[serde(default, deserialize_with = "wire::count")]
    completion_tokens: u32,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
    // OpenRouter's: US dollars.
    #[serde(default)]
    cost: Option<f64>,
}

#[derive(Deserialize, Default)]
struct PromptDetails {
    #[serde(default, deserialize_with = "wire::count")]
    cached_tokens: u32,
    #[serde(default, deserialize_with = "wire::count")]
    cache_write_tokens: u32,
}

#[derive(Deserialize, Default)]
struct CompletionDetails {
    #[serde(default, deserialize_with = "wire::count")]
    reasoning_tokens: u32,
}

/// OpenAI counts what it read from its cache, and what it thought, twice: there, and in the whole.
impl From<Usage> for TokenUsage {
    fn from(usage: Usage) -> Self {
        let prompt = usage.prompt_tokens_details.unwrap_or_default();
        let reasoning = usage.completion_tokens_details.unwrap_or_default().reasoning_tokens;
        let fresh = wire::less(usage.prompt_tokens, prompt.cached_tokens);
        let tokens = Tokens {
            input: wire::less(fresh, prompt.cache_write_tokens),
            cache_read: prompt.cached_tokens,
            cache_write: prompt.cache_write_tokens,
            output: wire::less(usage.completion_tokens, reasoning),
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

/// Reads chunks.
#[derive(Default)]
pub(super) struct Chunks {
    /// Whether a finish reason has come: then the end of the connection is the end of the answer, even without `[DONE]`.
    is_finished: bool,
    calls: Calls,
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
            return Err(errors::in_stream(error.get("error").unwrap_or(&error)));
        }
        let chunk: Chunk = wire::parse(event.data)?;
        if let Some(error) = chunk.error {
            return Err(errors::in_stream(&error));
        }
        // Several choices would be several answers; we ask for one.
        let choice = chunk.choices.unwrap_or_default().into_iter().find(|choice| choice.index == 0);
        let usage = chunk.usage.or(chunk.x_groq.and_then(|groq| groq.usage));
        deltas.extend(usage.map(|usage| Delta::Usage(usage.into())));
        if let Some(choice) = choice {
            if let Some(message) = choice.delta.or(choice.message) {
                self.message(message, deltas);
            }
            if let Some(reason) = choice.finish_reason {
                self.is_finished = true;
                deltas.push_back(Delta::Finish(finish_reason(&reason)?));
            }
        }
        Ok(false)
    }

    fn is_whole(&self) -> bool {
        self.is_finished
    }
}

impl Chunks {
    fn message(&mut self, message: Message, deltas: &mut VecDeque<Delta>) {
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        let Content { text, thought } = message.content;
        let reasoning = some(message.reasoning_content).or(some(message.reasoning));
        deltas.extend(reasoning.or(some(thought)).map(Delta::Reasoning));
        deltas.extend(some(text).map(Delta::Text));
        deltas.extend(some(message.refusal).map(Delta::Text));
        let function = message.function_call.map(CallChunk::only);
        for call in message.tool_calls.unwrap_or_default().into_iter().chain(function) {
            deltas.push_back(Delta::ToolCall(self.calls.piece(call)));
        }
    }
}

fn finish_reason(reason: &str) -> Result<FinishReason, ProviderError> {
    match reason {
        "length" | "model_length" => Ok(FinishReason::Length),
        "content_filter" => Ok(FinishReason::ContentFilter),
        "tool_calls" | "function_call" => Ok(FinishReason::ToolCalls),
        // OpenRouter's.
        "error" => Err(ProviderError::new(ProviderErrorKind::Failed)),
        _ => Ok(FinishReason::Stop),
    }
}
