//! The errors Google answers with.
//!
//! Source: <https://ai.google.dev/gemini-api/docs/troubleshooting> and
//! <https://google.aip.dev/193>.

use std::time::Duration;

use serde_json::{Value, json};

use super::content::blocked;
use crate::Refusal;
use crate::refusal::{Refused, seconds};

const INVALID: &str = "INVALID_ARGUMENT";
const EXHAUSTED: &str = "RESOURCE_EXHAUSTED";
const UNAVAILABLE: &str = "UNAVAILABLE";

pub(super) fn refused(why: &Refusal, model: &str) -> Refused {
    match why {
        Refusal::NoKey => error(
            403,
            "PERMISSION_DENIED",
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
        ),
        Refusal::BadKey => {
            let message = "API key not valid. Please pass a valid API key.";
            with_details(error(400, INVALID, message), &key_details())
        }
        Refusal::QuotaExhausted => quota(model, "GenerateRequestsPerDayPerProjectPerModel", DAY),
        Refusal::RateLimited { retry_after } => {
            quota(model, "GenerateRequestsPerMinutePerProjectPerModel", *retry_after)
        }
        Refusal::ContextTooLong => error(
            400,
            INVALID,
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        ),
        Refusal::BadRequest(message) => error(400, INVALID, message),
        Refusal::Filtered => Refused::new(200, blocked(model)),
        Refusal::UnknownModel => error(
            404,
            "NOT_FOUND",
            &format!(
                "models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods."
            ),
        ),
        Refusal::Overloaded => {
            error(503, UNAVAILABLE, "The model is overloaded. Please try again later.")
        }
        Refusal::Failed(status) => {
            let name = match status {
                503 => UNAVAILABLE,
                504 => "DEADLINE_EXCEEDED",
                _ => "INTERNAL",
            };
            error(
                *status,
                name,
                "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting",
            )
        }
        Refusal::Coded { code, message } => error(500, code, message),
    }
}

const DAY: Duration = Duration::from_secs(20 * 60 * 60);

fn key_details() -> Value {
    json!([{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": { "service": "generativelanguage.googleapis.com" },
    }])
}

/// Both kinds of 429: which it is only the id of the quota tells, and when to try again only
/// `retryDelay`, for there is no header.
fn quota(model: &str, id: &str, retry_after: Duration) -> Refused {
    let seconds = seconds(retry_after);
    let message = format!(
        "You exceeded your current quota, please check your plan and billing details. Please retry in {seconds}s."
    );
    let details = json!([
        {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{
                "quotaMetric": "generativelanguage.googleapis.com/generate_requests",
                "quotaId": id,
                "quotaDimensions": { "location": "global", "model": model },
                "quotaValue": "50",
            }],
        },
        {
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{seconds}s"),
        },
    ]);
    with_details(error(429, EXHAUSTED, &message), &details)
}

fn error(status: u16, name: &str, message: &str) -> Refused {
    let error = json!({ "code": status, "message": message, "status": name });
    Refused::new(status, json!({ "error": error }))
}

fn with_details(mut refused: Refused, details: &Value) -> Refused {
    refused.body["error"]["details"] = details.clone();
    refused
}
