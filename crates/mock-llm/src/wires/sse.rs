//! Server-sent events.

use crate::Script;

pub(super) const CONTENT_TYPE: &str = "text/event-stream; charset=utf-8";

/// Frames data as events, in the ways a script can ask for.
#[derive(Debug, Clone)]
pub(super) struct Sse {
    line_end: &'static str,
    multi_line: bool,
}

impl Sse {
    pub(super) fn new(script: &Script) -> Self {
        Self { line_end: if script.crlf { "\r\n" } else { "\n" }, multi_line: script.multi_line }
    }

    /// An event without a name.
    pub(super) fn data(&self, data: &str, out: &mut Vec<u8>) {
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

    /// An event with a name.
    pub(super) fn named(&self, name: &str, data: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("event: {name}{}", self.line_end).as_bytes());
        self.data(data, out);
    }

    /// What a parser skips.
    pub(super) fn comment(&self, text: &str, out: &mut Vec<u8>) {
        let line_end = self.line_end;
        out.extend_from_slice(format!(": {text}{line_end}{line_end}").as_bytes());
    }
}
