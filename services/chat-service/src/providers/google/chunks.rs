//! What is answered: chunks, of which each holds what is new, and totals.

use std::collections::VecDeque;

use common::domain::message::FinishReason;
use common::domain::usage::Tokens;
use serde::Deserialize;
use serde_json::Value;

use super::super::wire::{self, Decoder, Event};
use super::super::{Delta, ProviderError, ProviderErrorKind, ToolCallDelta};
use super::errors;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk {
    #[serde(default)]
    candidates: Vec<Candidate>,
    #[serde(default)]
    prompt_feedback: Option<Feedback>,
    #[serde(default)]
    usage_metadata: Option<Usage>,
    #[serde(default)]
    response_id: Option<String>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    #[serde(default)]
    index: u32,
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    #[serde(default)]
    text: Option<String>,
    /// Whether the text is what the model thinks.
    #[serde(default)]
    thought: bool,
    #[serde(default)]
    function_call: Option<FunctionCall>,
}

#[derive(Deserialize)]
struct FunctionCall {
    // Mostly absent.
    #[serde(default)]
    id: Option<String>,
    name: String,
    #[serde(default)]
    args: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    #[serde(default)]
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    #[serde(default, deserialize_with = "wire::count")]
    prompt_token_count: u32,
    #[serde(default, deserialize_with = "wire::count")]
    tool_use_prompt_token_count: u32,
    #[serde(default, deserialize_with = "wire::count")]
    cached_content_token_count: u32,
    #[serde(default, deserialize_with = "wire::count")]
    candidates_token_count: u32,
    #[serde(default, deserialize_with = "wire::count")]
    thoughts_token_count: u32,
}

/// What was read from the cache is part of the prompt; thoughts are none of the candidates.
impl From<Usage> for Tokens {
    fn from(usage: Usage) -> Self {
        let prompt = usage.prompt_token_count.saturating_add(usage.tool_use_prompt_token_count);
        Self {
            input: wire::less(prompt, usage.cached_content_token_count),
            cache_read: usage.cached_content_token_count,
            cache_write: 0,
            output: usage.candidates_token_count,
            reasoning: usage.thoughts_token_count,
        }
    }
}

/// Reads chunks.
#[derive(Default)]
pub(super) struct Chunks {
    /// The last reason to finish. There is no other mark of the end, but models also give one where they go on.
    finish: Option<FinishReason>,
    usage: Option<Tokens>,
    calls: u32,
}

impl Decoder for Chunks {
    fn decode(
        &mut self,
        event: Event<'_>,
        deltas: &mut VecDeque<Delta>,
    ) -> Result<bool, ProviderError> {
        // An array where no stream was asked for.
        if event.data.trim_start().starts_with('[') {
            let chunks: Vec<Chunk> = wire::parse(event.data)?;
            chunks.into_iter().try_for_each(|chunk| self.chunk(chunk, deltas))?;
        } else {
            self.chunk(wire::parse(event.data)?, deltas)?;
        }
        Ok(false)
    }

    fn is_whole(&self) -> bool {
        self.finish.is_some()
    }
}

impl Chunks {
    fn chunk(&mut self, chunk: Chunk, deltas: &mut VecDeque<Delta>) -> Result<(), ProviderError> {
        if let Some(error) = chunk.error {
            return Err(errors::in_stream(&error));
        }
        let usage = chunk.usage_metadata.map(Tokens::from);
        if let Some(usage) = usage.filter(|usage| self.usage != Some(*usage)) {
            self.usage = Some(usage);
            deltas.push_back(Delta::Usage(usage.into()));
        }
        if chunk.prompt_feedback.is_some_and(|feedback| feedback.block_reason.is_some()) {
            return Err(ProviderError::new(ProviderErrorKind::ContentFiltered));
        }
        let first = chunk.candidates.into_iter().find(|candidate| candidate.index == 0);
        let Some(candidate) = first else { return Ok(()) };
        let id = chunk.response_id.unwrap_or_default();
        for part in candidate.content.into_iter().flat_map(|content| content.parts) {
            self.part(part, &id, deltas);
        }
        match candidate.finish_reason {
            Some(reason) => self.finish(&reason, deltas),
            None => Ok(()),
        }
    }

    fn part(&mut self, part: Part, response: &str, deltas: &mut VecDeque<Delta>) {
        if let Some(text) = part.text.filter(|text| !text.is_empty()) {
            deltas.push_back(if part.thought { Delta::Reasoning(text) } else { Delta::Text(text) });
        }
        let Some(call) = part.function_call else { return };
        let index = self.calls;
        self.calls += 1;
        let id = call.id.filter(|id| !id.is_empty());
        deltas.push_back(Delta::ToolCall(ToolCallDelta {
            index,
            id: Some(id.unwrap_or_else(|| format!("call_{response}_{index}"))),
            name: Some(call.name),
            arguments: call.args.map_or_else(|| "{}".to_owned(), |args| args.to_string()),
        }));
    }

    fn finish(&mut self, reason: &str, deltas: &mut VecDeque<Delta>) -> Result<(), ProviderError> {
        let finish = match reason {
            "MAX_TOKENS" => FinishReason::Length,
            "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII"
            | "IMAGE_SAFETY" => FinishReason::ContentFilter,
            "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" => {
                return Err(
                    ProviderError::new(ProviderErrorKind::Protocol).because("a broken call")
                );
            }
            _ if self.calls > 0 => FinishReason::ToolCalls,
            _ => FinishReason::Stop,
        };
        if self.finish != Some(finish) {
            self.finish = Some(finish);
            deltas.push_back(Delta::Finish(finish));
        }
        Ok(())
    }
}
