//! What Google's errors mean.

use std::time::Duration;

use serde_json::Value;

use super::super::wire::{self, Refusal};
use super::super::{ProviderError, ProviderErrorKind};

/// What a status other than 2xx means. The hint when to come again is in the body.
pub(super) fn refusal(refusal: &Refusal) -> ProviderError {
    // An array where the answer would have been one.
    let body = refusal.body.get(0).unwrap_or(&refusal.body);
    let error = &body["error"];
    let wait = retry_after(error).or(refusal.retry_after);
    refusal.error(kind(refusal.status.as_u16(), error)).retry_after(wait)
}

/// What an error in a stream means.
pub(super) fn in_stream(error: &Value) -> ProviderError {
    let status = error["code"].as_u64().and_then(|code| u16::try_from(code).ok());
    ProviderError::new(kind(status.unwrap_or(500), error)).retry_after(retry_after(error))
}

fn kind(status: u16, error: &Value) -> ProviderErrorKind {
    let message = error["message"].as_str().unwrap_or_default();
    let is_bad_key = details(error).any(|detail| detail["reason"] == "API_KEY_INVALID")
        || ["API key not valid", "API key expired"].iter().any(|words| message.contains(words));
    if is_bad_key {
        return ProviderErrorKind::AuthFailed;
    }
    if status == 429 && is_spent(error, message) {
        return ProviderErrorKind::QuotaExhausted;
    }
    if wire::says_too_long(message) {
        return ProviderErrorKind::ContextTooLong;
    }
    wire::kind_of_status(status)
}

/// A limit a day, or none at all, from a limit a minute.
fn is_spent(error: &Value, message: &str) -> bool {
    let violations =
        details(error).flat_map(|detail| detail["violations"].as_array().into_iter().flatten());
    let mut ids = violations.filter_map(|violation| violation["quotaId"].as_str());
    ids.any(|id| id.contains("PerDay"))
        || message.contains("limit: 0")
        || message.contains("credits are depleted")
}

/// `22s`, or `1.5s`.
fn retry_after(error: &Value) -> Option<Duration> {
    let wait = details(error).find_map(|detail| detail["retryDelay"].as_str())?;
    let seconds = wait.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn details(error: &Value) -> impl Iterator<Item = &Value> {
    error["details"].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_means_what_can_be_done_about_it() {
        use ProviderErrorKind::*;
        let quota = |id: &str| json!({"details": [{"violations": [{"quotaId": id}]}, {"retryDelay": "22s"}]});
        let too_long =
            "The input token count (1048577) exceeds the maximum number of tokens allowed";
        let bad_key =
            json!({"message": "API key not valid.", "details": [{"reason": "API_KEY_INVALID"}]});
        for (status, error, expected) in [
            (400, bad_key, AuthFailed),
            (403, json!({"status": "PERMISSION_DENIED"}), AuthFailed),
            (429, quota("GenerateRequestsPerMinutePerProject"), RateLimited),
            (429, quota("GenerateRequestsPerDayPerProject-FreeTier"), QuotaExhausted),
            (429, json!({"message": "Quota exceeded, limit: 0, model: x"}), QuotaExhausted),
            (402, json!({}), QuotaExhausted),
            (400, json!({"message": too_long}), ContextTooLong),
            (400, json!({"status": "INVALID_ARGUMENT"}), BadRequest),
            (404, json!({"status": "NOT_FOUND"}), BadRequest),
            (500, json!({"status": "INTERNAL"}), Failed),
            (503, json!({"status": "UNAVAILABLE"}), Overloaded),
            (504, json!({"status": "DEADLINE_EXCEEDED"}), TimedOut),
        ] {
            assert_eq!(kind(status, &error), expected, "{status} {error}");
        }
        let wait = |delay: &str| retry_after(&json!({"details": [{"retryDelay": delay}]}));
        assert_eq!(wait("22s"), Some(Duration::from_secs(22)));
        assert_eq!(wait("1.5s"), Some(Duration::from_millis(1500)));
        for nonsense in ["22", "s", "-1s", "NaNs", "infs"] {
            assert_eq!(wait(nonsense), None, "{nonsense}");
        }
    }
}
