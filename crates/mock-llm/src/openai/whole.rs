//! A completion as one `chat.completion` object, still written event by event, so that a
//! fault finds its place after a token here too.

use super::json::{counts, error, escaped, head, reason, usage};
use crate::Script;
use crate::plan::{Ask, Event};
use crate::tape::Wire;
use crate::usage::Counts;

/// Writes one JSON object.
#[derive(Clone)]
pub(super) struct Whole {
    head: String,
    counts: Counts,
    reasoning: u64,
    field: Field,
}

/// The field of the message that is being written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Role,
    Reasoning,
    Content,
    /// The message is closed.
    None,
}

impl Whole {
    pub(super) fn new(script: &Script, ask: &Ask) -> Self {
        Self {
            head: head("chat.completion", ask),
            counts: counts(script, ask),
            reasoning: 0,
            field: Field::Role,
        }
    }

    /// Closes the field being written and opens `field`, unless it is the same.
    fn enter(&mut self, field: Field) -> &'static str {
        let opening = match (self.field, field) {
            (Field::Role, Field::Reasoning) => r#","reasoning_content":""#,
            (Field::Role, Field::Content) => r#","content":""#,
            (Field::Reasoning, Field::Content) => r#"","content":""#,
            _ => return "",
        };
        self.field = field;
        opening
    }
}

impl Wire for Whole {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let written = match event {
            Event::Opening => {
                let head = &self.head;
                format!(r#"{head},"choices":[{{"index":0,"message":{{"role":"assistant""#)
            }
            Event::Reasoning(token) => {
                self.reasoning += 1;
                self.enter(Field::Reasoning).to_owned() + &escaped(token)
            }
            Event::Text(token) => self.enter(Field::Content).to_owned() + &escaped(token),
            Event::Finish(finish) => {
                let content = self.enter(Field::Content);
                self.field = Field::None;
                let finish = reason(*finish);
                format!(
                    r#"{content}","refusal":null}},"logprobs":null,"finish_reason":{finish}}}]"#
                )
            }
            Event::Usage => format!(r#","usage":{}"#, usage(self.counts, self.reasoning)),
            Event::Done => "}".to_owned(),
            Event::Error { code, message } => error(code, message).to_string(),
            Event::Malformed => r#""]{"#.to_owned(),
            Event::Comment => " ".to_owned(),
            Event::Verbatim(body) => (*body).to_owned(),
            Event::Filler(_) => String::new(),
        };
        out.extend_from_slice(written.as_bytes());
    }
}
