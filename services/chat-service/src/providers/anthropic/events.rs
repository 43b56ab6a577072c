//! What is answered: the events of a stream, or one whole message.

use std::collections::VecDeque;

use common::domain::message::FinishReason;
use common::domain::usage::Tokens;
use serde::Deserialize;
use serde_json::Value;

use super::super::wire::{self, Decoder, Event};
use super::super::{Delta, ProviderError};
use super::blocks::{Block, BlockDelta, Blocks};
use super::errors;

/// An event, told from others by its `type`, which repeats the event's name.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    MessageStart {
        message: Message,
    },
    ContentBlockStart {
        index: u32,
        content_block: Block,
    },
    ContentBlockDelta {
        index: u32,
        delta: BlockDelta,
    },
    ContentBlockStop {
        index: u32,
    },
    MessageDelta {
        delta: Ending,
        #[serde(default)]
        usage: Option<Usage>,
    },
    MessageStop,
    Error {
        #[serde(default)]
        error: Value,
    },
    /// An answer that is no stream.
    Message(Message),
    /// Keep-alives, and what is yet to be invented.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Vec<Block>,
    #[serde(flatten)]
    ending: Ending,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Ending {
    #[serde(default)]
    stop_reason: Option<String>,
}

/// Totals, of which each event says some.
#[derive(Deserialize, Clone, Copy, Default)]
struct Usage {
    input_tokens: Option<u32>,
    cache_creation_input_tokens: Option<u32>,
    cache_read_input_tokens: Option<u32>,
    output_tokens: Option<u32>,
}

impl Usage {
    /// Each total as it was said last.
    fn then(self, next: Self) -> Self {
        Self {
            input_tokens: next.input_tokens.or(self.input_tokens),
            cache_creation_input_tokens: next
                .cache_creation_input_tokens
                .or(self.cache_creation_input_tokens),
            cache_read_input_tokens: next.cache_read_input_tokens.or(self.cache_read_input_tokens),
            output_tokens: next.output_tokens.or(self.output_tokens),
        }
    }
}

/// What was read from the cache or written into it is none of the input; thoughts are part of the output.
impl From<Usage> for Tokens {
    fn from(usage: Usage) -> Self {
        Self {
            input: usage.input_tokens.unwrap_or(0),
            cache_read: usage.cache_read_input_tokens.unwrap_or(0),
            cache_write: usage.cache_creation_input_tokens.unwrap_or(0),
            output: usage.output_tokens.unwrap_or(0),
            reasoning: 0,
        }
    }
}

/// Reads events.
#[derive(Default)]
pub(super) struct Events {
    blocks: Blocks,
    usage: Usage,
}

impl Decoder for Events {
    fn decode(
        &mut self,
        event: Event<'_>,
        deltas: &mut VecDeque<Delta>,
    ) -> Result<bool, ProviderError> {
        match wire::parse(event.data)? {
            Said::MessageStart { message } => self.usage(message.usage, deltas),
            Said::ContentBlockStart { index, content_block } => {
                self.blocks.start(index, content_block, deltas);
            }
            Said::ContentBlockDelta { index, delta } => self.blocks.more(index, delta, deltas),
            Said::ContentBlockStop { index } => self.blocks.stop(index, deltas),
            Said::MessageDelta { delta, usage } => self.ending(&delta, usage, deltas),
            Said::MessageStop => return Ok(true),
            Said::Error { error } => return Err(errors::in_stream(&error)),
            Said::Message(message) => {
                for (index, block) in (0..).zip(message.content) {
                    self.blocks.start(index, block, deltas);
                    self.blocks.stop(index, deltas);
                }
                self.ending(&message.ending, message.usage, deltas);
                return Ok(true);
            }
            Said::Other => {}
        }
        Ok(false)
    }

    /// Only the last event says so.
    fn is_whole(&self) -> bool {
        false
    }
}

impl Events {
    fn usage(&mut self, usage: Option<Usage>, deltas: &mut VecDeque<Delta>) {
        let Some(usage) = usage else { return };
        self.usage = self.usage.then(usage);
        deltas.push_back(Delta::Usage(Tokens::from(self.usage).into()));
    }

    fn ending(&mut self, ending: &Ending, usage: Option<Usage>, deltas: &mut VecDeque<Delta>) {
        self.usage(usage, deltas);
        deltas.extend(ending.stop_reason.as_deref().map(finish_reason).map(Delta::Finish));
    }
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}
