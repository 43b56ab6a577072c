//! What OpenAI's errors mean.

use serde_json::Value;

use super::super::wire::{self, Refusal};
use super::super::{ProviderError, ProviderErrorKind};

/// `error.code` or `error.type` where nothing is left to spend. 429 also stands for too fast, and only these tell.
const NOTHING_LEFT: [&str; 5] =
    ["insufficient_quota", "credit_balance", "spend_limit", "usage_limit", "billing"];

/// What a status other than 2xx means.
pub(super) fn refusal(refusal: &Refusal) -> ProviderError {
    refusal.error(kind(Some(refusal.status.as_u16()), error_of(&refusal.body)))
}

/// Whether a server refuses to be asked for usage.
pub(super) fn is_about_usage(refusal: &Refusal) -> bool {
    let body = refusal.body.to_string();
    matches!(refusal.status.as_u16(), 400 | 422)
        && (body.contains("stream_options") || body.contains("include_usage"))
}

/// What an error in a stream means. Headers are long gone: it says its status, if at all, as its code.
pub(super) fn in_stream(error: &Value) -> ProviderError {
    ProviderError::new(kind(None, error))
}

/// vLLM does not wrap its errors.
fn error_of(body: &Value) -> &Value {
    body.get("error").unwrap_or(body)
}

/// What an error object means, or a plain text in its place, and the status if there was one.
fn kind(status: Option<u16>, error: &Value) -> ProviderErrorKind {
    let text = |field: &str| error[field].as_str().unwrap_or_default();
    let (code, kind) = (text("code"), text("type"));
    let says = |word: &str| code.contains(word) || kind.contains(word);
    let message = error.as_str().unwrap_or_else(|| text("message"));
    let number = error["code"].as_u64().or_else(|| code.parse().ok());
    let status = status.or(number.and_then(|number| u16::try_from(number).ok()));
    if NOTHING_LEFT.iter().any(|word| says(word)) {
        return ProviderErrorKind::QuotaExhausted;
    }
    // OpenRouter says with 403 who has moderated what.
    let is_moderated = !error["metadata"]["flagged_input"].is_null();
    if says("content_filter") || says("content_policy") || is_moderated {
        return ProviderErrorKind::ContentFiltered;
    }
    if says("context_length") || says("exceed_context_size") || wire::says_too_long(message) {
        return ProviderErrorKind::ContextTooLong;
    }
    match status {
        // OpenRouter: the provider behind it is down.
        Some(502) => ProviderErrorKind::Overloaded,
        Some(status) => wire::kind_of_status(status),
        None if says("rate_limit") => ProviderErrorKind::RateLimited,
        None if says("overloaded") => ProviderErrorKind::Overloaded,
        None if says("invalid_request") => ProviderErrorKind::BadRequest,
        None if says("authentication") || says("invalid_api_key") => ProviderErrorKind::AuthFailed,
        None => ProviderErrorKind::Failed,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_means_what_can_be_done_about_it() {
        use ProviderErrorKind::*;
        let too_long = "This model's maximum context length is 4096 tokens.";
        for (status, body, expected) in [
            (429, json!({"error": {"code": "rate_limit_exceeded", "type": "tokens"}}), RateLimited),
            (429, json!({"error": {"code": "slow_down"}}), RateLimited),
            (429, json!({"error": {"type": "insufficient_quota"}}), QuotaExhausted),
            (429, json!({"error": {"code": "credit_balance_exhausted"}}), QuotaExhausted),
            (429, json!({"error": {"code": "project_spend_limit_exceeded"}}), QuotaExhausted),
            (
                402,
                json!({"error": {"code": 402, "message": "Insufficient credits"}}),
                QuotaExhausted,
            ),
            (400, json!({"error": {"code": "context_length_exceeded"}}), ContextTooLong),
            (400, json!({"object": "error", "message": too_long, "code": 400}), ContextTooLong),
            (400, json!({"error": too_long}), ContextTooLong),
            (400, json!({"error": {"code": "content_filter"}}), ContentFiltered),
            (
                403,
                json!({"error": {"code": 403, "metadata": {"flagged_input": "x"}}}),
                ContentFiltered,
            ),
            (403, json!({"error": {"code": 403}}), AuthFailed),
            (401, json!({"error": {"code": "invalid_api_key"}}), AuthFailed),
            (404, json!({"error": {"code": "model_not_found"}}), BadRequest),
            (500, json!("oops"), Failed),
            (502, json!({"error": {"code": 502}}), Overloaded),
            (503, json!(null), Overloaded),
        ] {
            assert_eq!(kind(Some(status), error_of(&body)), expected, "{status} {body}");
        }
        for (error, expected) in [
            (json!({"code": "server_error", "message": "x"}), Failed),
            (json!({"code": 429}), RateLimited),
            (json!({"code": "503"}), Overloaded),
            (json!({"type": "overloaded_error"}), Overloaded),
            (json!("plain text"), Failed),
        ] {
            assert_eq!(in_stream(&error).kind, expected, "{error}");
        }
    }
}
