//! An answer as a stream of responses, each with the new parts only.

use serde_json::{Value, json};

use super::Google;
use super::content::{RESPONSE_ID, SIGNATURE, finish_reason, usage};
use crate::answer::Provider;
use crate::plan::Event;
use crate::tape::Wire;
use crate::tool_call::Piece;
use crate::usage::Counts;
use crate::wires::sse::Sse;
use crate::{Ask, Script};

/// Writes server-sent events, or the items of an array.
#[derive(Clone)]
pub(super) struct Chunks {
    model: String,
    /// What is reported, if anything is.
    counts: Option<Counts>,
    /// Tokens written.
    tokens: u64,
    /// Whether thoughts are to be signed.
    unsigned: bool,
    /// The finish reason of chunks before the last.
    finish: Option<String>,
    framing: Framing,
}

#[derive(Clone)]
enum Framing {
    Events(Sse),
    /// An array, and whether it has items.
    Array(bool),
}

impl Chunks {
    pub(super) fn new(script: &Script, ask: &Ask, events: bool) -> Self {
        let finish = script.finish_reason().filter(|_| script.finish_everywhere);
        let framing =
            if events { Framing::Events(Sse::new(script)) } else { Framing::Array(false) };
        Self {
            model: ask.model.clone(),
            counts: (!script.without_usage).then(|| Counts::of(script, ask)),
            tokens: 0,
            unsigned: false,
            finish: finish.map(|reason| finish_reason(reason).to_owned()),
            framing,
        }
    }

    fn item(&mut self, item: &Value, out: &mut Vec<u8>) {
        match &mut self.framing {
            Framing::Events(sse) => sse.data(&item.to_string(), out),
            Framing::Array(begun) => {
                let before = if *begun { ",\r\n" } else { "[" };
                *begun = true;
                out.extend_from_slice(format!("{before}{item}").as_bytes());
            }
        }
    }

    fn end(&self, out: &mut Vec<u8>) {
        if matches!(self.framing, Framing::Array(_)) {
            out.push(b']');
        }
    }

    fn chunk(&mut self, part: &Value, finish: Option<&str>, out: &mut Vec<u8>) {
        let content = json!({ "parts": [part], "role": "model" });
        let mut candidate = json!({ "content": content, "index": 0 });
        if let Some(reason) = finish.or(self.finish.as_deref()) {
            candidate["finishReason"] = reason.into();
        }
        let mut chunk = json!({
            "candidates": [candidate],
            "modelVersion": self.model,
            "responseId": RESPONSE_ID,
        });
        if let Some(counts) = self.counts {
            let counts = if finish.is_some() { counts } else { counts.so_far(self.tokens) };
            chunk["usageMetadata"] = usage(counts);
        }
        self.item(&chunk, out);
    }

    fn token(&mut self, part: &Value, out: &mut Vec<u8>) {
        self.tokens += 1;
        self.chunk(part, None, out);
    }

    fn call(&mut self, piece: &Piece, out: &mut Vec<u8>) {
        let Some(arguments) = &piece.whole else {
            self.tokens += 1;
            return;
        };
        let mut part = json!({ "functionCall": { "name": piece.name, "args": arguments } });
        if piece.index == 0 {
            self.unsigned = false;
            part["thoughtSignature"] = SIGNATURE.into();
        }
        self.token(&part, out);
    }
}

impl Wire for Chunks {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Reasoning(token) => {
                self.unsigned = true;
                self.token(&json!({ "text": token, "thought": true }), out);
            }
            Event::Text(token) => self.token(&json!({ "text": token }), out),
            Event::Tool(piece) => self.call(piece, out),
            Event::Finish(reason) => {
                let signed = json!({ "text": "", "thoughtSignature": SIGNATURE });
                let part = if self.unsigned { signed } else { json!({ "text": "" }) };
                self.chunk(&part, reason.map(finish_reason), out);
            }
            Event::Error(why) => {
                let said = Google::refuse(why, &self.model).body;
                self.item(&said, out);
                self.end(out);
            }
            Event::Done => self.end(out),
            Event::Comment => match &self.framing {
                Framing::Events(sse) => sse.comment("keep-alive", out),
                Framing::Array(_) => out.push(b' '),
            },
            Event::Opening | Event::Usage => {}
        }
    }
}
