//! What Anthropic's errors mean.

use serde_json::Value;

use super::super::wire::{self, Refusal};
use super::super::{ProviderError, ProviderErrorKind};

/// What a status other than 2xx means.
pub(super) fn refusal(refusal: &Refusal) -> ProviderError {
    refusal.error(kind(Some(refusal.status.as_u16()), &refusal.body["error"]))
}

/// What an error in a stream means.
pub(super) fn in_stream(error: &Value) -> ProviderError {
    ProviderError::new(kind(None, error))
}

fn kind(status: Option<u16>, error: &Value) -> ProviderErrorKind {
    let message = error["message"].as_str().unwrap_or_default();
    if is_spent(error, message) {
        return ProviderErrorKind::QuotaExhausted;
    }
    if wire::says_too_long(message) {
        return ProviderErrorKind::ContextTooLong;
    }
    if message.contains("content filtering") {
        return ProviderErrorKind::ContentFiltered;
    }
    match (error["type"].as_str().unwrap_or_default(), status) {
        ("rate_limit_error", _) => ProviderErrorKind::RateLimited,
        ("overloaded_error", _) => ProviderErrorKind::Overloaded,
        ("authentication_error" | "permission_error", _) => ProviderErrorKind::AuthFailed,
        ("billing_error", _) => ProviderErrorKind::QuotaExhausted,
        ("request_too_large", _) => ProviderErrorKind::ContextTooLong,
        ("timeout_error", _) => ProviderErrorKind::TimedOut,
        // A conflict may be gone the next time.
        ("conflict_error" | "api_error", _) | (_, Some(409)) => ProviderErrorKind::Failed,
        (_, Some(status)) => wire::kind_of_status(status),
        ("invalid_request_error" | "not_found_error", None) => ProviderErrorKind::BadRequest,
        (_, None) => ProviderErrorKind::Failed,
    }
}

/// A limit of spending comes as 429 or as 400, and is told from a limit of speed by its details or by its words alone.
fn is_spent(error: &Value, message: &str) -> bool {
    let code = error["details"]["error_code"].as_str().unwrap_or_default();
    let words = ["credit balance", "spend limit", "API usage limit"];
    code.contains("spend_limit") || words.iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_means_what_can_be_done_about_it() {
        use ProviderErrorKind::*;
        let too_long = "prompt is too long: 210000 tokens > 200000 maximum";
        let poor = "Your credit balance is too low to access the Anthropic API.";
        let spent = json!({"error_code": "enforced_spend_limit_reached"});
        for (status, error, expected) in [
            (429, json!({"type": "rate_limit_error"}), RateLimited),
            (429, json!({"type": "rate_limit_error", "details": spent}), QuotaExhausted),
            (400, json!({"type": "invalid_request_error", "message": poor}), QuotaExhausted),
            (402, json!({"type": "billing_error"}), QuotaExhausted),
            (400, json!({"type": "invalid_request_error", "message": too_long}), ContextTooLong),
            (413, json!({"type": "request_too_large"}), ContextTooLong),
            (400, json!({"type": "invalid_request_error"}), BadRequest),
            (
                400,
                json!({"message": "Output blocked by content filtering policy"}),
                ContentFiltered,
            ),
            (401, json!({"type": "authentication_error"}), AuthFailed),
            (403, json!({"type": "permission_error"}), AuthFailed),
            (404, json!({"type": "not_found_error"}), BadRequest),
            (409, json!({"type": "conflict_error"}), Failed),
            (500, json!({"type": "api_error"}), Failed),
            (504, json!({"type": "timeout_error"}), TimedOut),
            (529, json!({"type": "overloaded_error"}), Overloaded),
            (529, json!(null), Overloaded),
        ] {
            assert_eq!(kind(Some(status), &error), expected, "{status} {error}");
        }
        for (error, expected) in [
            (json!({"type": "overloaded_error"}), Overloaded),
            (json!({"type": "invalid_request_error"}), BadRequest),
            (json!({"type": "something_new"}), Failed),
        ] {
            assert_eq!(in_stream(&error).kind, expected, "{error}");
        }
    }
}
