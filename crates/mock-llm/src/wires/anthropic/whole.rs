//! A message as one object, written event by event, so that a fault finds its place after a
//! token here too.

use super::Anthropic;
use super::blocks::{SIGNATURE, stop_reason, usage};
use crate::answer::Provider;
use crate::plan::Event;
use crate::tape::Wire;
use crate::tool_call::Piece;
use crate::usage::Counts;
use crate::wires::Part;
use crate::wires::json::{escaped, or_null, quoted};
use crate::{Ask, Script};

/// Writes one JSON object.
#[derive(Clone)]
pub(super) struct Whole {
    model: String,
    counts: Counts,
    open: Option<Part>,
}

impl Whole {
    pub(super) fn new(script: &Script, ask: &Ask) -> Self {
        Self { model: ask.model.clone(), counts: Counts::of(script, ask), open: None }
    }

    /// Leaves the open block for `part`, unless that is it: what stands between their tokens.
    fn enter(&mut self, part: Part, opening: &str) -> String {
        if self.open == Some(part) {
            return String::new();
        }
        let comma = if self.open.is_some() { "," } else { "" };
        let closing = self.leave();
        self.open = Some(part);
        format!("{closing}{comma}{opening}")
    }

    fn leave(&mut self) -> String {
        match self.open.take() {
            Some(Part::Reasoning) => format!(r#"","signature":"{SIGNATURE}"}}"#),
            Some(Part::Text) => r#""}"#.to_owned(),
            Some(Part::Tool(_)) => "}".to_owned(),
            None => String::new(),
        }
    }

    fn call(&mut self, piece: &Piece) -> String {
        let (id, name) = (quoted(&piece.id), quoted(&piece.name));
        let opening = format!(r#"{{"type":"tool_use","id":{id},"name":{name},"input":"#);
        self.enter(Part::Tool(piece.index), &opening) + &piece.fragment
    }
}

impl Wire for Whole {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let written = match event {
            Event::Opening => {
                let model = quoted(&self.model);
                format!(
                    r#"{{"id":"msg_mock","type":"message","role":"assistant","model":{model},"content":["#
                )
            }
            Event::Reasoning(token) => {
                self.enter(Part::Reasoning, r#"{"type":"thinking","thinking":""#) + &escaped(token)
            }
            Event::Text(token) => {
                self.enter(Part::Text, r#"{"type":"text","text":""#) + &escaped(token)
            }
            Event::Tool(piece) => self.call(piece),
            Event::Finish(reason) => {
                let reason = or_null(reason.map(stop_reason));
                format!(r#"{}],"stop_reason":{reason},"stop_sequence":null"#, self.leave())
            }
            Event::Usage => format!(r#","usage":{}"#, usage(self.counts)),
            Event::Done => "}".to_owned(),
            Event::Error(why) => Anthropic::refuse(why, &self.model).body.to_string(),
            Event::Comment => " ".to_owned(),
        };
        out.extend_from_slice(written.as_bytes());
    }
}
