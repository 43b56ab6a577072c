//! The errors OpenAI answers with instead of a completion, for [`Script::fault`].
//!
//! Source: <https://platform.openai.com/docs/guides/error-codes>.
//!
//! [`Script::fault`]: crate::Script::fault

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::Fault;

/// 429: too many requests, try again after that time (told in `retry-after` in seconds rounded
/// up, and in `retry-after-ms`).
#[must_use]
pub fn rate_limited(retry_after: Duration) -> Fault {
    let seconds = retry_after.as_millis().div_ceil(1000);
    let headers = [
        ("retry-after", seconds.to_string()),
        ("retry-after-ms", retry_after.as_millis().to_string()),
        ("x-ratelimit-limit-requests", "500".to_owned()),
        ("x-ratelimit-remaining-requests", "0".to_owned()),
        ("x-ratelimit-reset-requests", format!("{seconds}s")),
    ];
    let message = format!("Rate limit reached for requests. Please try again in {seconds}s.");
    let mut fault = refusal(429, &message, "requests", None, Some("rate_limit_exceeded"));
    if let Fault::Status { headers: sent, .. } = &mut fault {
        sent.extend(headers.map(|(name, value)| (name.to_owned(), value)));
    }
    fault
}

/// 429 as well, but no waiting helps: the quota is used up.
#[must_use]
pub fn insufficient_quota() -> Fault {
    let message = "You exceeded your current quota, please check your plan and billing details.";
    let kind = "insufficient_quota";
    refusal(429, message, kind, None, Some(kind))
}

/// 401: the key is wrong.
#[must_use]
pub fn unauthorized() -> Fault {
    let message = "Incorrect API key provided: sk-****. You can find your API key at https://platform.openai.com/account/api-keys.";
    refusal(401, message, INVALID, None, Some("invalid_api_key"))
}

/// 400: more tokens than the model's context holds.
#[must_use]
pub fn context_length_exceeded() -> Fault {
    let message = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages.";
    let code = Some("context_length_exceeded");
    refusal(400, message, INVALID, Some("messages"), code)
}

/// 400: a request that makes no sense, and why.
#[must_use]
pub fn invalid_request(message: &str) -> Fault {
    refusal(400, message, INVALID, None, None)
}

/// A failure of the server, with that status (500, 502, 503 and so on).
#[must_use]
pub fn server_error(code: u16) -> Fault {
    let message = "The server had an error while processing your request. Sorry about that!";
    refusal(code, message, "server_error", None, None)
}

const INVALID: &str = "invalid_request_error";

fn refusal(
    status: u16,
    message: &str,
    kind: &str,
    param: Option<&str>,
    code: Option<&str>,
) -> Fault {
    Fault::Status {
        code: status,
        body: json!({
            "error": { "message": message, "type": kind, "param": param, "code": code }
        }),
        headers: BTreeMap::new(),
    }
}
