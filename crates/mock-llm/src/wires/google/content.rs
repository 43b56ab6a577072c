//! What all forms of an answer are made of.

use serde_json::{Value, json};

use crate::usage::Counts;

pub(super) const RESPONSE_ID: &str = "mock";

/// What vouches for the thoughts before it.
pub(super) const SIGNATURE: &str = "RXJyb3Igb24gdGhlIG1vY2s=";

/// A finish reason in Google's words, which has none for calls of functions.
pub(super) fn finish_reason(reason: &str) -> &str {
    match reason {
        "stop" | "tool_calls" => "STOP",
        "length" => "MAX_TOKENS",
        "content_filter" => "SAFETY",
        own => own,
    }
}

/// The `usageMetadata`: candidates are counted without thoughts.
pub(super) fn usage(counts: Counts) -> Value {
    let mut usage = json!({
        "promptTokenCount": counts.prompt,
        "candidatesTokenCount": counts.completion.saturating_sub(counts.reasoning),
        "totalTokenCount": counts.prompt + counts.completion,
        "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": counts.prompt }],
    });
    if counts.cached > 0 {
        usage["cachedContentTokenCount"] = counts.cached.into();
    }
    if counts.reasoning > 0 {
        usage["thoughtsTokenCount"] = counts.reasoning.into();
    }
    usage
}

/// The answer to a prompt that is not to be answered.
pub(super) fn blocked(model: &str) -> Value {
    json!({
        "promptFeedback": { "blockReason": "PROHIBITED_CONTENT" },
        "usageMetadata": { "promptTokenCount": 10, "totalTokenCount": 10 },
        "modelVersion": model,
        "responseId": RESPONSE_ID,
    })
}
