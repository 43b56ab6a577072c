//! A completion as one `chat.completion` object, still written event by event, so that a
//! fault finds its place after a token here too.

use std::marker::PhantomData;

use super::Dialect;
use crate::plan::Event;
use crate::tape::Wire;
use crate::tool_call::Piece;
use crate::usage::Counts;
use crate::wires::Part;
use crate::wires::json::{escaped, or_null, quoted};
use crate::{Ask, Script};

/// Writes one JSON object.
#[derive(Clone)]
pub(in crate::wires) struct Whole<D> {
    head: String,
    model: String,
    counts: Counts,
    /// The reasoning so far.
    thoughts: String,
    part: Option<Part>,
    dialect: PhantomData<D>,
}

const CONTENT: &str = r#","content":""#;

impl<D: Dialect> Whole<D> {
    pub(super) fn new(script: &Script, ask: &Ask) -> Self {
        Self {
            head: D::head("chat.completion", ask),
            model: ask.model.clone(),
            counts: Counts::of(script, ask),
            thoughts: String::new(),
            part: None,
            dialect: PhantomData,
        }
    }

    /// Leaves the open part for `part`, unless that is it: what stands between their tokens, when
    /// `opening` is what stands before the first of a message's.
    fn enter(&mut self, part: Part, opening: &str) -> String {
        let left = self.part.replace(part);
        if left == Some(part) {
            return String::new();
        }
        let closing = match left {
            Some(Part::Reasoning) => {
                "\"".to_owned() + &D::beside_reasoning(&quoted(&self.thoughts))
            }
            Some(Part::Text) => "\"".to_owned(),
            Some(Part::Tool(_)) | None => String::new(),
        };
        closing + opening
    }

    fn call(&mut self, piece: &Piece) -> String {
        let arguments = escaped(&piece.fragment);
        if !piece.opens {
            return arguments;
        }
        let opening = match self.part {
            Some(Part::Tool(_)) => r#""}},"#,
            Some(Part::Text) => r#","tool_calls":["#,
            Some(Part::Reasoning) | None => r#","content":null,"tool_calls":["#,
        };
        let before = self.enter(Part::Tool(piece.index), opening);
        let (id, name) = (quoted(&piece.id), quoted(&piece.name));
        format!(
            r#"{before}{{"id":{id},"type":"function","function":{{"name":{name},"arguments":"{arguments}"#
        )
    }

    fn finish(&mut self, reason: Option<&str>) -> String {
        let closing = match self.part {
            Some(Part::Tool(_)) => r#""}}]"#.to_owned(),
            _ => self.enter(Part::Text, CONTENT) + "\"",
        };
        let reason = or_null(reason);
        let beside = D::beside_finish(&reason);
        format!(r#"{closing},"refusal":null}},"logprobs":null,"finish_reason":{reason}{beside}}}]"#)
    }
}

impl<D: Dialect> Wire for Whole<D> {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let written = match event {
            Event::Opening => {
                let head = &self.head;
                format!(r#"{head},"choices":[{{"index":0,"message":{{"role":"assistant""#)
            }
            Event::Reasoning(token) => {
                self.thoughts.push_str(token);
                let opening = format!(r#","{}":""#, D::REASONING);
                self.enter(Part::Reasoning, &opening) + &escaped(token)
            }
            Event::Text(token) => self.enter(Part::Text, CONTENT) + &escaped(token),
            Event::Tool(piece) => self.call(piece),
            Event::Finish(reason) => self.finish(*reason),
            Event::Usage => format!(r#","usage":{}"#, D::usage(self.counts)),
            Event::Done => "}".to_owned(),
            Event::Error(why) => D::refuse(why, &self.model).body.to_string(),
            Event::Comment => " ".to_owned(),
        };
        out.extend_from_slice(written.as_bytes());
    }
}
