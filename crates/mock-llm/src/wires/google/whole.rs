//! An answer as one response, written event by event, so that a fault finds its place after a
//! token here too.

use serde_json::json;

use super::Google;
use super::content::{RESPONSE_ID, SIGNATURE, finish_reason, usage};
use crate::answer::Provider;
use crate::plan::Event;
use crate::tape::Wire;
use crate::tool_call::Piece;
use crate::usage::Counts;
use crate::wires::Part;
use crate::wires::json::{escaped, quoted};
use crate::{Ask, Script};

/// Writes one JSON object.
#[derive(Clone)]
pub(super) struct Whole {
    model: String,
    counts: Counts,
    open: Option<Part>,
    /// Whether thoughts are to be signed.
    unsigned: bool,
}

impl Whole {
    pub(super) fn new(script: &Script, ask: &Ask) -> Self {
        let counts = Counts::of(script, ask);
        Self { model: ask.model.clone(), counts, open: None, unsigned: false }
    }

    /// Leaves the open part for `part`, unless that is it: what stands between their tokens.
    fn enter(&mut self, part: Part) -> String {
        if self.open == Some(part) {
            return String::new();
        }
        let comma = if self.open.is_some() { "," } else { "" };
        let opening = match part {
            Part::Reasoning | Part::Text => r#"{"text":""#,
            Part::Tool(_) => "",
        };
        let closing = self.leave();
        self.open = Some(part);
        format!("{closing}{comma}{opening}")
    }

    fn leave(&mut self) -> String {
        let unsigned = match self.open.take() {
            Some(Part::Reasoning) => {
                self.unsigned = true;
                return r#"","thought":true}"#.to_owned();
            }
            Some(Part::Text) => std::mem::take(&mut self.unsigned),
            Some(Part::Tool(_)) | None => return String::new(),
        };
        let signature = format!(r#","thoughtSignature":"{SIGNATURE}""#);
        format!(r#""{}}}"#, if unsigned { &*signature } else { "" })
    }

    fn call(&mut self, piece: &Piece) -> String {
        let Some(arguments) = &piece.whole else { return String::new() };
        let mut part = json!({ "functionCall": { "name": piece.name, "args": arguments } });
        if piece.index == 0 {
            part["thoughtSignature"] = SIGNATURE.into();
        }
        self.enter(Part::Tool(piece.index)) + &part.to_string()
    }
}

impl Wire for Whole {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let written = match event {
            Event::Opening => r#"{"candidates":[{"content":{"parts":["#.to_owned(),
            Event::Reasoning(token) => self.enter(Part::Reasoning) + &escaped(token),
            Event::Text(token) => self.enter(Part::Text) + &escaped(token),
            Event::Tool(piece) => self.call(piece),
            Event::Finish(reason) => {
                let parts = self.leave();
                let reason = reason.map(|reason| quoted(finish_reason(reason)));
                let reason = reason.map(|reason| format!(r#","finishReason":{reason}"#));
                let reason = reason.unwrap_or_default();
                format!(r#"{parts}],"role":"model"}}{reason},"index":0}}]"#)
            }
            Event::Usage => format!(r#","usageMetadata":{}"#, usage(self.counts)),
            Event::Done => {
                let model = quoted(&self.model);
                format!(r#","modelVersion":{model},"responseId":"{RESPONSE_ID}"}}"#)
            }
            Event::Error(why) => Google::refuse(why, &self.model).body.to_string(),
            Event::Comment => " ".to_owned(),
        };
        out.extend_from_slice(written.as_bytes());
    }
}
