//! The errors Anthropic answers with.
//!
//! Source: <https://docs.anthropic.com/en/api/errors>.

use serde_json::json;

use crate::Refusal;
use crate::refusal::{Refused, seconds};

const INVALID: &str = "invalid_request_error";
const AUTHENTICATION: &str = "authentication_error";

pub(super) fn refused(why: &Refusal, model: &str) -> Refused {
    match why {
        Refusal::NoKey => error(401, AUTHENTICATION, "x-api-key header is required"),
        Refusal::BadKey => error(401, AUTHENTICATION, "invalid x-api-key"),
        Refusal::QuotaExhausted => error(
            402,
            "billing_error",
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
        ),
        Refusal::RateLimited { retry_after } => error(
            429,
            "rate_limit_error",
            "This request would exceed the rate limit for your organization of 50 requests per minute.",
        )
        .header("retry-after", &seconds(*retry_after))
        .header("anthropic-ratelimit-requests-limit", &50)
        .header("anthropic-ratelimit-requests-remaining", &0)
        .header("anthropic-ratelimit-requests-reset", &"2026-01-01T00:01:00Z"),
        Refusal::ContextTooLong => {
            error(400, INVALID, "prompt is too long: 208000 tokens > 200000 maximum")
        }
        Refusal::BadRequest(message) => error(400, INVALID, message),
        Refusal::Filtered => error(400, INVALID, "Output blocked by content filtering policy"),
        Refusal::UnknownModel => error(404, "not_found_error", &format!("model: {model}")),
        Refusal::Overloaded => error(529, "overloaded_error", "Overloaded"),
        Refusal::Failed(status) => {
            let kind = match status {
                504 => "timeout_error",
                529 => "overloaded_error",
                _ => "api_error",
            };
            error(*status, kind, "Internal server error")
        }
        Refusal::Coded { code, message } => error(500, code, message),
    }
}

fn error(status: u16, kind: &str, message: &str) -> Refused {
    let error = json!({ "type": kind, "message": message });
    let body = json!({ "type": "error", "error": error, "request_id": "req_mock" });
    Refused::new(status, body)
}
