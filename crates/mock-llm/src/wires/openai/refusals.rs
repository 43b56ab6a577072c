//! The errors OpenAI answers with instead of a completion.
//!
//! Source: <https://platform.openai.com/docs/guides/error-codes>.

use std::time::Duration;

use serde_json::json;

use crate::refusal::{Refused, seconds};
use crate::{Fault, Refusal};

/// 429: too many requests, try again after that time (told in `retry-after` in seconds rounded
/// up, and in `retry-after-ms`).
#[must_use]
pub fn rate_limited(retry_after: Duration) -> Fault {
    Refusal::RateLimited { retry_after }.into()
}

/// 429 as well, but no waiting helps: the quota is used up.
#[must_use]
pub fn insufficient_quota() -> Fault {
    Refusal::QuotaExhausted.into()
}

/// 401: the key is wrong.
#[must_use]
pub fn unauthorized() -> Fault {
    Refusal::BadKey.into()
}

/// 400: more tokens than the model's context holds.
#[must_use]
pub fn context_length_exceeded() -> Fault {
    Refusal::ContextTooLong.into()
}

/// 400: a request that makes no sense, and why.
#[must_use]
pub fn invalid_request(message: &str) -> Fault {
    Refusal::BadRequest(message.to_owned()).into()
}

/// A failure of the server, with that status (500, 502, 503 and so on).
#[must_use]
pub fn server_error(code: u16) -> Fault {
    Refusal::Failed(code).into()
}

const INVALID: &str = "invalid_request_error";
const SERVER: &str = "server_error";
const QUOTA: &str = "insufficient_quota";

pub(super) fn refused(why: &Refusal, model: &str) -> Refused {
    match why {
        Refusal::NoKey | Refusal::BadKey => error(
            401,
            "Incorrect API key provided: sk-****. You can find your API key at https://platform.openai.com/account/api-keys.",
            INVALID,
            Some("invalid_api_key"),
        ),
        Refusal::QuotaExhausted => error(
            429,
            "You exceeded your current quota, please check your plan and billing details.",
            QUOTA,
            Some(QUOTA),
        ),
        Refusal::RateLimited { retry_after } => rate_limit(*retry_after),
        Refusal::ContextTooLong => {
            let mut refused = error(
                400,
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages.",
                INVALID,
                Some("context_length_exceeded"),
            );
            refused.body["error"]["param"] = "messages".into();
            refused
        }
        Refusal::BadRequest(message) => error(400, message, INVALID, None),
        Refusal::Filtered => error(
            400,
            "Your request was rejected as a result of our safety system.",
            INVALID,
            Some("content_policy_violation"),
        ),
        Refusal::UnknownModel => error(
            404,
            &format!("The model `{model}` does not exist or you do not have access to it."),
            INVALID,
            Some("model_not_found"),
        ),
        Refusal::Overloaded => {
            error(503, "The engine is currently overloaded, please try again later", SERVER, None)
        }
        Refusal::Failed(status) => error(
            *status,
            "The server had an error while processing your request. Sorry about that!",
            SERVER,
            None,
        ),
        Refusal::Coded { code, message } => error(500, message, SERVER, Some(code)),
    }
}

fn rate_limit(retry_after: Duration) -> Refused {
    let seconds = seconds(retry_after);
    let message = format!("Rate limit reached for requests. Please try again in {seconds}s.");
    error(429, &message, "requests", Some("rate_limit_exceeded"))
        .header("retry-after", &seconds)
        .header("retry-after-ms", &retry_after.as_millis())
        .header("x-ratelimit-limit-requests", &500)
        .header("x-ratelimit-remaining-requests", &0)
        .header("x-ratelimit-reset-requests", &format!("{seconds}s"))
}

fn error(status: u16, message: &str, kind: &str, code: Option<&str>) -> Refused {
    let error = json!({ "message": message, "type": kind, "param": null, "code": code });
    Refused::new(status, json!({ "error": error }))
}
