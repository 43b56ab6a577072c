//! A completion as a stream of `chat.completion.chunk` events.

use std::marker::PhantomData;

use super::Dialect;
use crate::plan::{Event, Shape};
use crate::tape::Wire;
use crate::tool_call::Piece;
use crate::usage::Counts;
use crate::wires::json::{or_null, quoted};
use crate::wires::sse::Sse;
use crate::{Ask, Script, UsageQuirk};

/// Writes server-sent events.
#[derive(Clone)]
pub(in crate::wires) struct Chunks<D> {
    head: String,
    model: String,
    counts: Counts,
    /// Tokens written.
    tokens: u64,
    quirk: Option<UsageQuirk>,
    asked: bool,
    /// The finish reason of chunks before the last.
    finish: Option<String>,
    sse: Sse,
    dialect: PhantomData<D>,
}

impl<D: Dialect> Chunks<D> {
    pub(super) fn new(script: &Script, ask: &Ask, shape: Shape) -> Self {
        let finish = script.finish_reason().filter(|_| script.finish_everywhere);
        Self {
            head: D::head("chat.completion.chunk", ask),
            model: ask.model.clone(),
            counts: Counts::of(script, ask),
            tokens: 0,
            quirk: script.usage_quirk,
            asked: shape.usage && !script.without_usage,
            finish: finish.map(str::to_owned),
            sse: Sse::new(script),
            dialect: PhantomData,
        }
    }

    fn choice(&self, delta: &str, finish: Option<&str>, out: &mut Vec<u8>) {
        let (head, usage) = (&self.head, self.usage_so_far());
        let finish = or_null(finish.or(self.finish.as_deref()));
        let beside = D::beside_finish(&finish);
        let choice = format!(
            r#"{{"index":0,"delta":{{{delta}}},"logprobs":null,"finish_reason":{finish}{beside}}}"#
        );
        self.sse.data(&format!(r#"{head},"choices":[{choice}]{usage}}}"#), out);
    }

    fn token(&mut self, delta: &str, out: &mut Vec<u8>) {
        self.tokens += 1;
        self.choice(delta, None, out);
    }

    /// The `usage` field of a chunk that is not the usage chunk: null if one will come.
    fn usage_so_far(&self) -> String {
        if self.quirk == Some(UsageQuirk::EveryChunk) {
            return format!(r#","usage":{}"#, D::usage(self.counts.so_far(self.tokens)));
        }
        let null = if self.asked && !D::ALWAYS_USAGE { r#","usage":null"# } else { "" };
        null.to_owned()
    }

    fn usage_chunk(&self, out: &mut Vec<u8>) {
        let choices = match self.quirk {
            Some(UsageQuirk::ChoicesNull) => r#","choices":null"#,
            Some(UsageQuirk::ChoicesMissing) => "",
            _ => r#","choices":[]"#,
        };
        let (head, usage) = (&self.head, D::usage(self.counts));
        self.sse.data(&format!(r#"{head}{choices},"usage":{usage}}}"#), out);
    }
}

impl<D: Dialect> Wire for Chunks<D> {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Opening => {
                if D::COMMENTS_FIRST {
                    self.sse.comment(D::COMMENT, out);
                }
                self.choice(r#""role":"assistant","content":"","refusal":null"#, None, out);
            }
            Event::Reasoning(token) => {
                let (field, token) = (D::REASONING, quoted(token));
                let beside = D::beside_reasoning(&token);
                self.token(&format!(r#""{field}":{token}{beside}"#), out);
            }
            Event::Text(token) => self.token(&format!(r#""content":{}"#, quoted(token)), out),
            Event::Tool(piece) => self.token(&call(piece), out),
            Event::Finish(reason) => self.choice("", *reason, out),
            Event::Usage => self.usage_chunk(out),
            Event::Done => self.sse.data("[DONE]", out),
            Event::Error(why) => {
                self.sse.data(&D::refusal_event(why, &self.model, &self.head), out);
            }
            Event::Comment => self.sse.comment(D::COMMENT, out),
        }
    }
}

/// The fields of a delta with a piece of a tool call: id and name are in the first only.
fn call(piece: &Piece) -> String {
    let (index, arguments) = (piece.index, quoted(&piece.fragment));
    if !piece.opens {
        return format!(
            r#""tool_calls":[{{"index":{index},"function":{{"arguments":{arguments}}}}}]"#
        );
    }
    let (id, name) = (quoted(&piece.id), quoted(&piece.name));
    format!(
        r#""tool_calls":[{{"index":{index},"id":{id},"type":"function","function":{{"name":{name},"arguments":{arguments}}}}}]"#
    )
}
