//! What is answered: lines, or one object with all of it.

use std::collections::VecDeque;

use common::domain::message::FinishReason;
use common::domain::usage::Tokens;
use serde::Deserialize;
use serde_json::Value;

use super::super::wire::{self, Decoder, Event};
use super::super::{Delta, ProviderError, ToolCallDelta};
use super::errors;

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    message: Option<Message>,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    done_reason: Option<String>,
    // Absent where the prompt was in the cache.
    #[serde(default)]
    prompt_eval_count: Option<u32>,
    #[serde(default)]
    eval_count: Option<u32>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<ToolCall>>,
}

#[derive(Deserialize)]
struct ToolCall {
    // Mostly absent.
    #[serde(default)]
    id: Option<String>,
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    #[serde(default)]
    arguments: Option<Value>,
}

/// Reads lines.
#[derive(Default)]
pub(super) struct Chat {
    /// About how many tokens were asked.
    prompt: u32,
    calls: u32,
}

impl Chat {
    /// What answers a prompt of about so many tokens.
    pub(super) fn after(prompt: u32) -> Self {
        Self { prompt, calls: 0 }
    }

    fn message(&mut self, message: Message, deltas: &mut VecDeque<Delta>) {
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        deltas.extend(some(message.thinking).map(Delta::Reasoning));
        deltas.extend(some(message.content).map(Delta::Text));
        for call in message.tool_calls.unwrap_or_default() {
            let (index, arguments) = (self.calls, call.function.arguments);
            self.calls += 1;
            deltas.push_back(Delta::ToolCall(ToolCallDelta {
                index,
                id: Some(some(call.id).unwrap_or_else(|| format!("call_{index}"))),
                name: Some(call.function.name),
                arguments: arguments.map_or_else(|| "{}".to_owned(), |args| args.to_string()),
            }));
        }
    }

    fn finish(&self, reason: Option<&str>) -> FinishReason {
        match reason {
            Some("length") => FinishReason::Length,
            _ if self.calls > 0 => FinishReason::ToolCalls,
            _ => FinishReason::Stop,
        }
    }
}

impl Decoder for Chat {
    fn decode(
        &mut self,
        event: Event<'_>,
        deltas: &mut VecDeque<Delta>,
    ) -> Result<bool, ProviderError> {
        let line: Line = wire::parse(event.data)?;
        if let Some(error) = line.error {
            return Err(errors::in_stream(&error));
        }
        if let Some(message) = line.message {
            self.message(message, deltas);
        }
        if line.done {
            let tokens = Tokens {
                input: line.prompt_eval_count.unwrap_or(self.prompt),
                output: line.eval_count.unwrap_or(0),
                ..Tokens::default()
            };
            deltas.push_back(Delta::Usage(tokens.into()));
            deltas.push_back(Delta::Finish(self.finish(line.done_reason.as_deref())));
        }
        Ok(line.done)
    }

    /// Only the last line says so.
    fn is_whole(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_that_was_not_counted_is_estimated() {
        let input = |line: &str| {
            let mut deltas = VecDeque::new();
            Chat::after(42).decode(Event { name: "", data: line }, &mut deltas).unwrap();
            let Some(Delta::Usage(usage)) = deltas.pop_front() else { panic!("{deltas:?}") };
            usage.tokens.input
        };
        assert_eq!(input(r#"{"done":true,"eval_count":3}"#), 42);
        assert_eq!(input(r#"{"done":true,"eval_count":3,"prompt_eval_count":5}"#), 5);
    }
}
