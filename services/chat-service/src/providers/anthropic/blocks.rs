//! The blocks of an answer, in the order of their numbers: texts, thoughts, calls of tools.

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::{Delta, ToolCallDelta};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block {
    Text {
        #[serde(default)]
        text: String,
    },
    Thinking {
        #[serde(default)]
        thinking: String,
    },
    ToolUse {
        id: String,
        name: String,
        #[serde(default)]
        input: Option<Map<String, Value>>,
    },
    /// Thoughts that are sealed, and what Anthropic's own tools do.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum BlockDelta {
    TextDelta {
        text: String,
    },
    ThinkingDelta {
        thinking: String,
    },
    InputJsonDelta {
        partial_json: String,
    },
    /// Signatures and citations.
    #[serde(other)]
    Other,
}

/// The calls among an answer's blocks.
#[derive(Default)]
pub(super) struct Blocks {
    calls: BTreeMap<u32, Call>,
}

struct Call {
    /// Which of the calls.
    index: u32,
    /// What its block began with, unless pieces have come.
    input: Option<Map<String, Value>>,
}

impl Blocks {
    pub(super) fn start(&mut self, number: u32, block: Block, deltas: &mut VecDeque<Delta>) {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        match block {
            Block::Text { text } => deltas.extend(some(text).map(Delta::Text)),
            Block::Thinking { thinking } => deltas.extend(some(thinking).map(Delta::Reasoning)),
            Block::ToolUse { id, name, input } => {
                let index = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
                self.calls.insert(number, Call { index, input: Some(input.unwrap_or_default()) });
                let (id, name) = (Some(id), Some(name));
                let call = ToolCallDelta { index, id, name, arguments: String::new() };
                deltas.push_back(Delta::ToolCall(call));
            }
            Block::Other => {}
        }
    }

    pub(super) fn more(&mut self, number: u32, more: BlockDelta, deltas: &mut VecDeque<Delta>) {
        match more {
            BlockDelta::TextDelta { text } => deltas.push_back(Delta::Text(text)),
            BlockDelta::ThinkingDelta { thinking } => deltas.push_back(Delta::Reasoning(thinking)),
            BlockDelta::InputJsonDelta { partial_json } if !partial_json.is_empty() => {
                if let Some(call) = self.calls.get_mut(&number) {
                    call.input = None;
                    deltas.push_back(arguments(call.index, partial_json));
                }
            }
            BlockDelta::InputJsonDelta { .. } | BlockDelta::Other => {}
        }
    }

    /// A call without pieces is whole in its beginning: mostly it has no arguments at all.
    pub(super) fn stop(&mut self, number: u32, deltas: &mut VecDeque<Delta>) {
        let call = self.calls.get_mut(&number);
        if let Some((index, input)) = call.and_then(|call| Some((call.index, call.input.take()?))) {
            deltas.push_back(arguments(index, Value::Object(input).to_string()));
        }
    }
}

fn arguments(index: u32, arguments: String) -> Delta {
    Delta::ToolCall(ToolCallDelta { index, id: None, name: None, arguments })
}
