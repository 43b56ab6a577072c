//! Pieces of JSON, written straight into the bytes of an answer.

use serde_json::{Value, json};

use crate::Script;
use crate::plan::Ask;
use crate::reply::Reply;
use crate::usage::Counts;

/// When every answer says it was made: a mock has no need of a clock.
const CREATED: u64 = 1_767_225_600;

/// The fields that open a completion or a chunk of one, up to `choices`.
pub(super) fn head(object: &str, ask: &Ask) -> String {
    let model = quoted(&ask.model);
    format!(
        r#"{{"id":"chatcmpl-mock","object":"{object}","created":{CREATED},"model":{model},"system_fingerprint":"fp_mock""#
    )
}

/// `text` as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// `text` as the inside of a JSON string.
pub(super) fn escaped(text: &str) -> String {
    let mut quoted = quoted(text);
    quoted.pop();
    quoted.split_off(1)
}

/// A finish reason, which may be null.
pub(super) fn reason(reason: Option<&str>) -> String {
    reason.map_or_else(|| "null".to_owned(), quoted)
}

/// A `usage` object.
pub(super) fn usage(counts: Counts, reasoning: u64) -> Value {
    let Counts { prompt, completion } = counts;
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": { "cached_tokens": 0 },
        "completion_tokens_details": { "reasoning_tokens": reasoning },
    })
}

/// An error in the middle of an answer.
pub(super) fn error(code: &str, message: &str) -> Value {
    json!({ "error": { "message": message, "type": "server_error", "param": null, "code": code } })
}

/// What the script reports, or else what its answer comes to.
pub(super) fn counts(script: &Script, ask: &Ask) -> Counts {
    let text = match &script.reply {
        Reply::Generated(count) => *count,
        reply => reply.tokens(&ask.last_user).len(),
    };
    let counted = Counts::counted(text + script.reasoning.len());
    script.usage.unwrap_or(counted)
}
