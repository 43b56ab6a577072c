//! What Ollama's errors mean: a text, and the status if there was one.

use serde_json::Value;

use super::super::wire::{self, Refusal};
use super::super::{ProviderError, ProviderErrorKind};

/// What a status other than 2xx means.
pub(super) fn refusal(refusal: &Refusal) -> ProviderError {
    refusal.error(kind(Some(refusal.status.as_u16()), &refusal.body["error"]))
}

/// What an error in a line means.
pub(super) fn in_stream(error: &Value) -> ProviderError {
    ProviderError::new(kind(None, error))
}

fn kind(status: Option<u16>, error: &Value) -> ProviderErrorKind {
    let message = error.as_str().unwrap_or_default();
    if wire::says_too_long(message) {
        return ProviderErrorKind::ContextTooLong;
    }
    match status {
        Some(404) => ProviderErrorKind::NotLoaded,
        // Of those models that Ollama runs elsewhere.
        Some(429) if message.contains("usage limit") => ProviderErrorKind::QuotaExhausted,
        Some(status) => wire::kind_of_status(status),
        // A pull says so in its stream.
        None if message.contains("file does not exist") => ProviderErrorKind::BadRequest,
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
        for (status, error, expected) in [
            (Some(404), json!("model 'x' not found"), NotLoaded),
            (Some(400), json!("x does not support tools"), BadRequest),
            (Some(400), json!("the input length exceeds the context length"), ContextTooLong),
            (Some(401), json!("unauthorized"), AuthFailed),
            (Some(429), json!("too many requests"), RateLimited),
            (Some(429), json!("you have reached your weekly usage limit"), QuotaExhausted),
            (Some(500), json!("model requires more system memory"), Failed),
            (Some(502), json!("the cloud model cannot be reached"), Failed),
            (Some(503), json!("server busy"), Overloaded),
            (None, json!("an error was encountered while running the model"), Failed),
            (None, json!("pull model manifest: file does not exist"), BadRequest),
        ] {
            assert_eq!(kind(status, &error), expected, "{status:?} {error}");
        }
    }
}
