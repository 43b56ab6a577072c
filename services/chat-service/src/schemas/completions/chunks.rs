//! An answer as chunks: one that says who speaks, the pieces, one that says why it ended, one with the usage if that is asked
//! for, and `[DONE]`. An answer that fails ends with its error and without that.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use common::CompletionId;
use common::domain::message::ReplyFailure;
use futures_util::stream::{Stream, StreamExt};
use platform::http::{AppError, nameless_event};
use serde::Serialize;

use super::answer::{CompletionFinish, CompletionUsage, name};
use super::{CompletionRole, CompletionToolType};
use crate::generation::{Batch, Piece, RelayEnd};
use crate::providers::{Delta, ToolCallDelta};

const DONE: &[u8] = b"data: [DONE]\n\n";

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: &'a [Choice],
    /// Null but in the last, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<CompletionUsage>>,
}

#[derive(Serialize)]
struct Choice {
    index: u32,
    delta: Piecemeal,
    finish_reason: Option<CompletionFinish>,
}

#[derive(Default, Serialize)]
struct Piecemeal {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<CompletionRole>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[ToolCallChunk; 1]>,
}

#[derive(Serialize)]
struct ToolCallChunk {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// In the first piece of a call.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<CompletionToolType>,
    function: FunctionChunk,
}

#[derive(Serialize)]
struct FunctionChunk {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    arguments: String,
}

/// Writes chunks.
struct Writer {
    id: String,
    created: i64,
    include_usage: bool,
    has_begun: bool,
    failure: fn(&ReplyFailure) -> AppError,
}

/// The events of an answer, together those whose pieces are ready together; `failure` says what a failed one is told.
pub fn events(
    id: CompletionId,
    at: DateTime<Utc>,
    include_usage: bool,
    batches: impl Stream<Item = Batch>,
    failure: fn(&ReplyFailure) -> AppError,
) -> impl Stream<Item = Bytes> {
    let (id, created) = (name(id), at.timestamp());
    let mut writer = Writer { id, created, include_usage, has_begun: false, failure };
    batches.map(move |batch| writer.write(batch))
}

impl Writer {
    fn write(&mut self, batch: Batch) -> Bytes {
        let mut bytes = Vec::new();
        for piece in batch.pieces {
            let says_something = !matches!(piece, Piece::End(Err(_)));
            if says_something && !std::mem::replace(&mut self.has_begun, true) {
                let (role, content) = (Some(CompletionRole::Assistant), Some(String::new()));
                let begin = Piecemeal { role, content, ..Piecemeal::default() };
                bytes.extend(self.chunk(&batch.model, begin, None));
            }
            match piece {
                Piece::Delta(delta) => {
                    bytes.extend(self.chunk(&batch.model, Piecemeal::from(delta), None));
                }
                Piece::End(Ok(end)) => self.end(&mut bytes, &batch.model, end),
                Piece::End(Err(failure)) => {
                    bytes.extend(nameless_event(&(self.failure)(&failure).in_openais_form()));
                }
            }
        }
        bytes.into()
    }

    fn end(&self, bytes: &mut Vec<u8>, model: &str, end: RelayEnd) {
        let finish = CompletionFinish::from(end.finish_reason);
        bytes.extend(self.chunk(model, Piecemeal::default(), Some(finish)));
        if self.include_usage {
            bytes.extend(self.event(model, &[], Some(end.tokens.into())));
        }
        bytes.extend(DONE);
    }

    fn chunk(&self, model: &str, delta: Piecemeal, finish: Option<CompletionFinish>) -> Bytes {
        self.event(model, &[Choice { index: 0, delta, finish_reason: finish }], None)
    }

    fn event(&self, model: &str, choices: &[Choice], usage: Option<CompletionUsage>) -> Bytes {
        nameless_event(&Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model,
            choices,
            usage: self.include_usage.then_some(usage),
        })
    }
}

impl From<Delta> for Piecemeal {
    fn from(delta: Delta) -> Self {
        match delta {
            Delta::Text(text) => Self { content: Some(text), ..Self::default() },
            Delta::Reasoning(text) => Self { reasoning_content: Some(text), ..Self::default() },
            Delta::ToolCall(call) => Self { tool_calls: Some([call.into()]), ..Self::default() },
            // These are no pieces, but said at the end.
            Delta::Usage(_) | Delta::Finish(_) => Self::default(),
        }
    }
}

impl From<ToolCallDelta> for ToolCallChunk {
    fn from(ToolCallDelta { index, id, name, arguments }: ToolCallDelta) -> Self {
        let kind = id.is_some().then_some(CompletionToolType::Function);
        Self { index, id, kind, function: FunctionChunk { name, arguments } }
    }
}

#[cfg(test)]
mod tests {
    use common::ErrorCode;
    use common::domain::usage::Tokens;
    use futures_util::FutureExt;

    use super::*;

    fn written(pieces: Vec<Piece>) -> Vec<String> {
        let id = uuid::Uuid::from_u128(1).into();
        let failure = |failure: &ReplyFailure| {
            AppError::new(ErrorCode::ProviderTruncated, failure.message.clone())
        };
        let batch = Batch { model: "m".to_owned(), pieces };
        let batches = futures_util::stream::iter([batch]);
        let events = events(id, DateTime::UNIX_EPOCH, true, batches, failure);
        let writes = events.collect::<Vec<_>>().now_or_never().unwrap();
        writes.iter().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()).collect()
    }

    #[test]
    fn what_is_ready_together_leaves_in_one_write() {
        let end = RelayEnd {
            finish_reason: common::domain::message::FinishReason::Stop,
            tokens: Tokens { input: 3, output: 2, ..Tokens::default() },
        };
        let text = |text: &str| Piece::Delta(Delta::Text(text.to_owned()));
        let writes = written(vec![text("a\nb"), text("c"), Piece::End(Ok(end))]);
        assert_eq!(writes.len(), 1);
        insta::assert_snapshot!(writes[0]);
    }

    #[test]
    fn what_fails_is_not_done() {
        let failure = ReplyFailure::new(ErrorCode::ProviderTruncated, "It broke off.", true);
        let writes = written(vec![Piece::End(Err(failure))]);
        insta::assert_snapshot!(writes[0]);
    }
}
