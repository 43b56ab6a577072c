//! An answer as lines of JSON, of which the last is `done`.

use std::marker::PhantomData;

use serde_json::{Value, json};

use super::{Kind, Ollama, head};
use crate::answer::Provider;
use crate::plan::Event;
use crate::tape::Wire;
use crate::tool_call::Piece;
use crate::usage::Counts;
use crate::wires::json::quoted;
use crate::{Ask, Script, UsageQuirk};

pub(super) const CONTENT_TYPE: &str = "application/x-ndjson";

/// Writes a line for each event.
#[derive(Clone)]
pub(super) struct Lines<K> {
    head: String,
    model: String,
    ending: Ending,
    line_end: &'static str,
    kind: PhantomData<K>,
}

impl<K: Kind> Lines<K> {
    pub(super) fn new(script: &Script, ask: &Ask) -> Self {
        Self {
            head: head(ask),
            model: ask.model.clone(),
            ending: Ending::new(script, ask),
            line_end: if script.crlf { "\r\n" } else { "\n" },
            kind: PhantomData,
        }
    }

    /// A line with that text, and more fields.
    fn message(&self, text: &str, more: &str, end: &str, out: &mut Vec<u8>) {
        let (head, field, text) = (&self.head, K::TEXT, quoted(text));
        let (opening, closing) = (K::OPENING, K::CLOSING);
        let line = format!(r#"{head}{opening},"{field}":{text}{more}{closing}{end}}}"#);
        self.line(&line, out);
    }

    fn line(&self, line: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(self.line_end.as_bytes());
    }
}

const MORE_COMES: &str = r#","done":false"#;

impl<K: Kind> Wire for Lines<K> {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Reasoning(token) => {
                let thinking = format!(r#","thinking":{}"#, quoted(token));
                self.message("", &thinking, MORE_COMES, out);
            }
            Event::Text(token) => self.message(token, "", MORE_COMES, out),
            Event::Tool(piece) => {
                if let Some(call) = call(piece) {
                    let calls = format!(r#","tool_calls":[{call}]"#);
                    self.message("", &calls, MORE_COMES, out);
                }
            }
            Event::Finish(reason) => self.ending.finish(*reason),
            Event::Usage => self.ending.told = true,
            Event::Done => self.message("", "", &self.ending.fields(), out),
            Event::Error(why) => self.line(&Ollama::refuse(why, &self.model).body.to_string(), out),
            Event::Comment => out.push(b' '),
            Event::Opening => {}
        }
    }
}

/// A call, once its arguments are whole.
pub(super) fn call(piece: &Piece) -> Option<Value> {
    let arguments = piece.whole.as_ref()?;
    let function = json!({ "index": piece.index, "name": piece.name, "arguments": arguments });
    Some(json!({ "id": piece.id, "function": function }))
}

/// The fields of the last line.
#[derive(Clone)]
pub(super) struct Ending {
    counts: Counts,
    without_prompt: bool,
    reason: Option<String>,
    /// Whether the counts are to be told.
    pub told: bool,
    /// In nanoseconds, like all the times.
    load_duration: u128,
}

impl Ending {
    pub(super) fn new(script: &Script, ask: &Ask) -> Self {
        Self {
            counts: Counts::of(script, ask),
            without_prompt: script.usage_quirk == Some(UsageQuirk::WithoutPrompt),
            reason: None,
            told: false,
            // what the first byte waits for is the model
            load_duration: script.first_byte_delay.as_nanos() + 12_000_000,
        }
    }

    /// Takes the reason, in Ollama's words; it has none for calls of tools.
    pub(super) fn finish(&mut self, reason: Option<&str>) {
        let own = |reason| if reason == "tool_calls" { "stop" } else { reason };
        self.reason = reason.map(|reason| own(reason).to_owned());
    }

    pub(super) fn fields(&self) -> String {
        let load = self.load_duration;
        let mut fields = r#","done":true"#.to_owned();
        if let Some(reason) = &self.reason {
            fields += &format!(r#","done_reason":{}"#, quoted(reason));
        }
        if self.told {
            let Counts { prompt, completion, .. } = self.counts;
            let (reading, writing) = (prompt * 1_000_000, completion * 20_000_000);
            let total = load + u128::from(reading) + u128::from(writing);
            fields += &format!(r#","total_duration":{total},"load_duration":{load}"#);
            if !self.without_prompt {
                fields += &format!(r#","prompt_eval_count":{prompt}"#);
            }
            fields += &format!(
                r#","prompt_eval_duration":{reading},"eval_count":{completion},"eval_duration":{writing}"#
            );
        }
        fields
    }
}

/// Writes that a model was loaded, or unloaded.
#[derive(Clone)]
pub(super) struct Loaded<K> {
    head: String,
    model: String,
    reason: &'static str,
    kind: PhantomData<K>,
}

impl<K: Kind> Loaded<K> {
    pub(super) fn new(ask: &Ask, reason: &'static str) -> Self {
        Self { head: head(ask), model: ask.model.clone(), reason, kind: PhantomData }
    }
}

impl<K: Kind> Wire for Loaded<K> {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let written = match event {
            Event::Opening => format!(r#"{}{},"{}":"""#, self.head, K::OPENING, K::TEXT),
            Event::Done => {
                let (closing, reason) = (K::CLOSING, self.reason);
                format!(r#"{closing},"done_reason":"{reason}","done":true}}"#)
            }
            Event::Error(why) => Ollama::refuse(why, &self.model).body.to_string(),
            _ => return,
        };
        out.extend_from_slice(written.as_bytes());
    }
}
