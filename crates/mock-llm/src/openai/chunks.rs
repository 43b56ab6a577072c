//! A completion as a stream of `chat.completion.chunk` events.

use super::json::{counts, error, head, quoted, reason, usage};
use crate::plan::{Ask, Event};
use crate::tape::Wire;
use crate::usage::Counts;
use crate::{Script, UsageQuirk};

/// Writes server-sent events.
#[derive(Clone)]
pub(super) struct Chunks {
    head: String,
    counts: Counts,
    /// Tokens written, of them reasoning.
    tokens: (u64, u64),
    quirk: Option<UsageQuirk>,
    asked: bool,
    line_end: &'static str,
    multi_line: bool,
}

impl Chunks {
    pub(super) fn new(script: &Script, ask: &Ask) -> Self {
        Self {
            head: head("chat.completion.chunk", ask),
            counts: counts(script, ask),
            tokens: (0, 0),
            quirk: script.usage_quirk,
            asked: ask.shape.usage && !script.without_usage,
            line_end: if script.crlf { "\r\n" } else { "\n" },
            multi_line: script.multi_line,
        }
    }

    fn event(&self, data: &str, out: &mut Vec<u8>) {
        let line_end = self.line_end;
        let event = match data.strip_prefix('{') {
            // a line end after the brace is white space, so the data means the same
            Some(fields) if self.multi_line => {
                format!("data: {{{line_end}data: {fields}{line_end}{line_end}")
            }
            _ => format!("data: {data}{line_end}{line_end}"),
        };
        out.extend_from_slice(event.as_bytes());
    }

    fn choice(&self, delta: &str, finish: Option<&str>, out: &mut Vec<u8>) {
        let (head, finish, usage) = (&self.head, reason(finish), self.usage_so_far());
        let choice = format!(
            r#"{{"index":0,"delta":{{{delta}}},"logprobs":null,"finish_reason":{finish}}}"#
        );
        self.event(&format!(r#"{head},"choices":[{choice}]{usage}}}"#), out);
    }

    /// The `usage` field of a chunk that is not the usage chunk: null if one will come.
    fn usage_so_far(&self) -> String {
        let (tokens, reasoning) = self.tokens;
        if self.quirk == Some(UsageQuirk::EveryChunk) {
            let completion = tokens.min(self.counts.completion);
            let so_far = Counts { completion, ..self.counts };
            return format!(r#","usage":{}"#, usage(so_far, reasoning));
        }
        let null = if self.asked { r#","usage":null"# } else { "" };
        null.to_owned()
    }

    fn usage_chunk(&self, out: &mut Vec<u8>) {
        let choices = match self.quirk {
            Some(UsageQuirk::ChoicesNull) => r#","choices":null"#,
            Some(UsageQuirk::ChoicesMissing) => "",
            _ => r#","choices":[]"#,
        };
        let (head, usage) = (&self.head, usage(self.counts, self.tokens.1));
        self.event(&format!(r#"{head}{choices},"usage":{usage}}}"#), out);
    }
}

impl Wire for Chunks {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Opening => {
                self.choice(r#""role":"assistant","content":"","refusal":null"#, None, out);
            }
            Event::Reasoning(token) => {
                self.tokens.0 += 1;
                self.tokens.1 += 1;
                let delta = format!(r#""reasoning_content":{}"#, quoted(token));
                self.choice(&delta, None, out);
            }
            Event::Text(token) => {
                self.tokens.0 += 1;
                let delta = format!(r#""content":{}"#, quoted(token));
                self.choice(&delta, None, out);
            }
            Event::Finish(reason) => self.choice("", *reason, out),
            Event::Usage => self.usage_chunk(out),
            Event::Done => self.event("[DONE]", out),
            Event::Error { code, message } => {
                self.event(&error(code, message).to_string(), out);
            }
            Event::Malformed => {
                let broken =
                    format!(r#"{},"choices":[{{"index":0,"delta":{{"content":"#, self.head);
                self.event(&broken, out);
            }
            Event::Comment => {
                for part in [": keep-alive", self.line_end, self.line_end] {
                    out.extend_from_slice(part.as_bytes());
                }
            }
            Event::Verbatim(body) => out.extend_from_slice(body.as_bytes()),
            // the tape has made a text of it
            Event::Filler(_) => {}
        }
    }
}
