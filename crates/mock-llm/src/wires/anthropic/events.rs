//! A message as a stream of named events.

use serde_json::{Value, json};

use super::Anthropic;
use super::blocks::{SIGNATURE, stop_reason, usage};
use crate::answer::Provider;
use crate::plan::Event;
use crate::tape::Wire;
use crate::tool_call::Piece;
use crate::usage::Counts;
use crate::wires::Part;
use crate::wires::sse::Sse;
use crate::{Ask, Script};

/// Writes server-sent events.
#[derive(Clone)]
pub(super) struct Events {
    model: String,
    /// What is reported, if anything is.
    counts: Option<Counts>,
    /// The number of the open block, or of the next.
    index: usize,
    open: Option<Part>,
    stop_reason: Option<String>,
    /// Whether the usage has just gone out with the finish.
    told: bool,
    sse: Sse,
}

impl Events {
    pub(super) fn new(script: &Script, ask: &Ask) -> Self {
        Self {
            model: ask.model.clone(),
            counts: (!script.without_usage).then(|| Counts::of(script, ask)),
            index: 0,
            open: None,
            stop_reason: None,
            told: false,
            sse: Sse::new(script),
        }
    }

    fn event(&self, data: &Value, out: &mut Vec<u8>) {
        self.sse.named(data["type"].as_str().unwrap_or_default(), &data.to_string(), out);
    }

    fn start(&self, out: &mut Vec<u8>) {
        let mut message = json!({
            "id": "msg_mock",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
        });
        if let Some(counts) = self.counts {
            message["usage"] = usage(counts.so_far(1));
        }
        self.event(&json!({ "type": "message_start", "message": message }), out);
        self.event(&json!({ "type": "ping" }), out);
    }

    /// Opens a block for `part`, unless that is open.
    fn enter(&mut self, part: Part, block: &Value, out: &mut Vec<u8>) {
        if self.open == Some(part) {
            return;
        }
        self.leave(out);
        self.open = Some(part);
        let start =
            json!({ "type": "content_block_start", "index": self.index, "content_block": block });
        self.event(&start, out);
    }

    /// Closes the open block.
    fn leave(&mut self, out: &mut Vec<u8>) {
        let Some(part) = self.open.take() else { return };
        if part == Part::Reasoning {
            self.delta(&json!({ "type": "signature_delta", "signature": SIGNATURE }), out);
        }
        self.event(&json!({ "type": "content_block_stop", "index": self.index }), out);
        self.index += 1;
    }

    fn delta(&self, delta: &Value, out: &mut Vec<u8>) {
        let delta = json!({ "type": "content_block_delta", "index": self.index, "delta": delta });
        self.event(&delta, out);
    }

    fn call(&mut self, piece: &Piece, out: &mut Vec<u8>) {
        let block = json!({ "type": "tool_use", "id": piece.id, "name": piece.name, "input": {} });
        self.enter(Part::Tool(piece.index), &block, out);
        let fragment = &piece.fragment;
        self.delta(&json!({ "type": "input_json_delta", "partial_json": fragment }), out);
    }

    fn message_delta(&self, out: &mut Vec<u8>) {
        let stop_reason = &self.stop_reason;
        let mut delta = json!({
            "type": "message_delta",
            "delta": { "stop_reason": stop_reason, "stop_sequence": null },
        });
        if let Some(counts) = self.counts {
            delta["usage"] = usage(counts);
        }
        self.event(&delta, out);
    }
}

impl Wire for Events {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Opening => self.start(out),
            Event::Reasoning(token) => {
                let block = json!({ "type": "thinking", "thinking": "", "signature": "" });
                self.enter(Part::Reasoning, &block, out);
                self.delta(&json!({ "type": "thinking_delta", "thinking": token }), out);
            }
            Event::Text(token) => {
                self.enter(Part::Text, &json!({ "type": "text", "text": "" }), out);
                self.delta(&json!({ "type": "text_delta", "text": token }), out);
            }
            Event::Tool(piece) => self.call(piece, out),
            Event::Finish(reason) => {
                self.leave(out);
                self.stop_reason = reason.map(|reason| stop_reason(reason).to_owned());
                self.message_delta(out);
                self.told = true;
            }
            Event::Usage if self.told => self.told = false,
            Event::Usage => {
                self.leave(out);
                self.message_delta(out);
            }
            Event::Done => {
                self.leave(out);
                self.event(&json!({ "type": "message_stop" }), out);
            }
            Event::Error(why) => self.event(&Anthropic::refuse(why, &self.model).body, out),
            Event::Comment => self.event(&json!({ "type": "ping" }), out),
        }
    }
}
