//! The errors OpenRouter answers with.
//!
//! Source: <https://openrouter.ai/docs/api-reference/errors>.

use serde_json::{Value, json};

use crate::Refusal;
use crate::refusal::{Refused, seconds};

pub(super) fn refused(why: &Refusal, model: &str) -> Refused {
    match why {
        Refusal::NoKey => error(401, "No auth credentials found"),
        Refusal::BadKey => error(401, "User not found."),
        Refusal::QuotaExhausted => error(
            402,
            "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
        ),
        Refusal::RateLimited { retry_after } => {
            let raw = format!("{model} is temporarily rate-limited upstream.");
            let metadata = json!({ "raw": raw, "provider_name": "Mock" });
            with_metadata(429, "Provider returned error", metadata)
                .header("retry-after", &seconds(*retry_after))
        }
        Refusal::ContextTooLong => error(
            400,
            "This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 tokens. Please reduce the length of either one, or use the \"middle-out\" transform to compress your prompt automatically.",
        ),
        Refusal::BadRequest(message) => error(400, message),
        Refusal::Filtered => with_metadata(
            403,
            "Your input was flagged by moderation.",
            json!({
                "reasons": ["violence"],
                "flagged_input": "...",
                "provider_name": "Mock",
                "model_slug": model,
            }),
        ),
        Refusal::UnknownModel => error(400, &format!("{model} is not a valid model ID")),
        Refusal::Overloaded => {
            error(503, "There is no available model provider that meets your routing requirements")
        }
        Refusal::Failed(status) => error(*status, "Internal Server Error"),
        Refusal::Coded { code, message } => {
            Refused::new(500, json!({ "error": { "code": code, "message": message } }))
        }
    }
}

fn error(status: u16, message: &str) -> Refused {
    Refused::new(status, json!({ "error": { "code": status, "message": message } }))
}

fn with_metadata(status: u16, message: &str, metadata: Value) -> Refused {
    let mut refused = error(status, message);
    refused.body["error"]["metadata"] = metadata;
    refused
}
