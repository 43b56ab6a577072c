//! How a server that speaks OpenAI's format differs from OpenAI.

use serde_json::{Value, json};

use crate::answer::Provider;
use crate::usage::Counts;
use crate::wires::json::{CREATED, quoted};
use crate::{Ask, Refusal};

/// A provider that speaks OpenAI's format, in its own way; unless told, in OpenAI's.
pub(in crate::wires) trait Dialect: Provider + Clone {
    /// The id of every answer.
    const ID: &'static str;

    /// What its comments say.
    const COMMENT: &'static str;

    /// Whether a comment comes before everything else.
    const COMMENTS_FIRST: bool = false;

    /// Whether the usage comes at the end of a stream, asked for or not.
    const ALWAYS_USAGE: bool = false;

    /// Fields of the head, after those that all have.
    const HEAD: &'static str = "";

    /// The field with the text of the reasoning.
    const REASONING: &'static str = "reasoning_content";

    /// Fields beside the reasoning, whose text is a JSON string.
    fn beside_reasoning(_: &str) -> String {
        String::new()
    }

    /// Fields beside a finish reason, which is JSON and may be null.
    fn beside_finish(_: &str) -> String {
        String::new()
    }

    /// A `usage` object.
    fn usage(counts: Counts) -> Value {
        json!({
            "prompt_tokens": counts.prompt,
            "completion_tokens": counts.completion,
            "total_tokens": counts.prompt + counts.completion,
            "prompt_tokens_details": { "cached_tokens": counts.cached },
            "completion_tokens_details": { "reasoning_tokens": counts.reasoning },
        })
    }

    /// The data of a refusal in the middle of a stream, whose chunks have this head.
    fn refusal_event(why: &Refusal, model: &str, _: &str) -> String {
        Self::refuse(why, model).body.to_string()
    }

    /// The fields that open a completion or a chunk of one, up to `choices`.
    fn head(object: &str, ask: &Ask) -> String {
        let (id, model, more) = (Self::ID, quoted(&ask.model), Self::HEAD);
        format!(
            r#"{{"id":"{id}","object":"{object}","created":{CREATED},"model":{model},"system_fingerprint":"fp_mock"{more}"#
        )
    }
}
