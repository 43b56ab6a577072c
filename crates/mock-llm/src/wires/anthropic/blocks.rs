//! What both forms of a message are made of.

use serde_json::{Value, json};

use crate::usage::Counts;

/// What vouches for the thoughts before it.
pub(super) const SIGNATURE: &str = "RXJyb3Igb24gdGhlIG1vY2s=";

/// A finish reason in Anthropic's words.
pub(super) fn stop_reason(reason: &str) -> &str {
    match reason {
        "stop" => "end_turn",
        "length" => "max_tokens",
        "tool_calls" => "tool_use",
        "content_filter" => "refusal",
        own => own,
    }
}

/// A `usage` object: the input is what neither came from the cache nor went into it.
pub(super) fn usage(counts: Counts) -> Value {
    let cache = counts.cached + counts.cache_written;
    json!({
        "input_tokens": counts.prompt.saturating_sub(cache),
        "cache_creation_input_tokens": counts.cache_written,
        "cache_read_input_tokens": counts.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": counts.cache_written,
            "ephemeral_1h_input_tokens": 0,
        },
        "output_tokens": counts.completion,
        "service_tier": "standard",
    })
}
