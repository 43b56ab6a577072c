//! An answer as one object, written event by event, so that a fault finds its place after a token
//! here too.

use std::marker::PhantomData;

use super::lines::{Ending, call};
use super::{Kind, Ollama, head};
use crate::answer::Provider;
use crate::plan::Event;
use crate::tape::Wire;
use crate::tool_call::Piece;
use crate::wires::Part;
use crate::wires::json::escaped;
use crate::{Ask, Script};

/// Writes one JSON object.
#[derive(Clone)]
pub(super) struct Whole<K> {
    head: String,
    model: String,
    ending: Ending,
    open: Option<Part>,
    kind: PhantomData<K>,
}

impl<K: Kind> Whole<K> {
    pub(super) fn new(script: &Script, ask: &Ask) -> Self {
        Self {
            head: head(ask),
            model: ask.model.clone(),
            ending: Ending::new(script, ask),
            open: None,
            kind: PhantomData,
        }
    }

    /// Leaves the open field for the one of `part`, unless that is it: what stands between their
    /// tokens.
    fn enter(&mut self, part: Part) -> String {
        let left = self.open.replace(part);
        if left == Some(part) {
            return String::new();
        }
        let closing = if left.is_some() { "\"" } else { "" };
        let field = if part == Part::Reasoning { "thinking" } else { K::TEXT };
        format!(r#"{closing},"{field}":""#)
    }

    /// The text comes before the calls, also when there is none.
    fn call(&mut self, piece: &Piece) -> String {
        let Some(call) = call(piece) else { return String::new() };
        match self.open {
            Some(Part::Tool(_)) => format!(",{call}"),
            _ => {
                let text = self.enter(Part::Text);
                self.open = Some(Part::Tool(piece.index));
                format!(r#"{text}","tool_calls":[{call}"#)
            }
        }
    }
}

impl<K: Kind> Wire for Whole<K> {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let written = match event {
            Event::Opening => format!("{}{}", self.head, K::OPENING),
            Event::Reasoning(token) => self.enter(Part::Reasoning) + &escaped(token),
            Event::Text(token) => self.enter(Part::Text) + &escaped(token),
            Event::Tool(piece) => self.call(piece),
            Event::Finish(reason) => {
                self.ending.finish(*reason);
                let end = match self.open {
                    Some(Part::Tool(_)) => "]".to_owned(),
                    _ => self.enter(Part::Text) + "\"",
                };
                end + K::CLOSING
            }
            Event::Usage => {
                self.ending.told = true;
                return;
            }
            Event::Done => format!("{}}}", self.ending.fields()),
            Event::Error(why) => Ollama::refuse(why, &self.model).body.to_string(),
            Event::Comment => " ".to_owned(),
        };
        out.extend_from_slice(written.as_bytes());
    }
}
