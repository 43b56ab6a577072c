//! What the formats have in common: requests over HTTP, events or lines in place of one body, and an end that must be said.

mod decoder;
mod sse;

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

use super::{KeyCheck, ProviderError, ProviderErrorKind};

pub(super) use decoder::{Decoder, Event, deltas_of_events, deltas_of_whole};

/// The longest error body that is looked at.
const MAX_ERROR: usize = 64 * 1024;

/// What a provider says when it refuses a request: its status, what it asks to wait, and its body, if that is JSON.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Value,
}

impl Refusal {
    /// As an error, of the kind that the format's own words mean.
    pub(super) fn error(&self, kind: ProviderErrorKind) -> ProviderError {
        ProviderError::new(kind)
            .retry_after(self.retry_after)
            .because(format!("status {}", self.status.as_u16()))
    }
}

/// What a status means by itself.
pub(super) fn kind_of_status(status: u16) -> ProviderErrorKind {
    match status {
        401 | 403 => ProviderErrorKind::AuthFailed,
        402 => ProviderErrorKind::QuotaExhausted,
        408 | 504 => ProviderErrorKind::TimedOut,
        413 => ProviderErrorKind::ContextTooLong,
        429 => ProviderErrorKind::RateLimited,
        503 | 529 => ProviderErrorKind::Overloaded,
        300..=399 => ProviderErrorKind::Protocol,
        400..=499 => ProviderErrorKind::BadRequest,
        _ => ProviderErrorKind::Failed,
    }
}

/// Sends a request; the answer, if it is a 2xx, else what `refused` makes of the refusal.
pub(super) async fn send(
    request: RequestBuilder,
    refused: impl FnOnce(&Refusal) -> ProviderError,
) -> Result<Response, ProviderError> {
    let response = request.send().await.map_err(sse::transport)?;
    if response.status().is_success() {
        return Ok(response);
    }
    let (status, retry_after) = (response.status(), retry_after(&response));
    // What cannot be read says nothing, and the status is enough.
    let bytes = sse::bounded_body(response, MAX_ERROR).await.unwrap_or_default();
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Err(refused(&Refusal { status, retry_after, body }))
}

/// Sends a request that a provider answers well if it takes the key.
pub(super) async fn check_key(
    request: RequestBuilder,
    refused: impl FnOnce(&Refusal) -> ProviderError,
) -> KeyCheck {
    match send(request, refused).await.map_err(|error| error.kind) {
        Ok(_) => KeyCheck::Valid,
        Err(ProviderErrorKind::AuthFailed) => KeyCheck::Rejected,
        Err(_) => KeyCheck::Unreachable,
    }
}

/// The media type of an answer, without its parameters.
pub(super) fn media_type(response: &Response) -> &str {
    let header = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim()
}

/// How long a provider asks to wait: seconds, or a date (RFC 9110 §10.2.3), which is held against the provider's own clock;
/// nothing where it says neither.
fn retry_after(response: &Response) -> Option<Duration> {
    let header = |name| response.headers().get(name)?.to_str().ok().map(str::trim);
    let wait = header(RETRY_AFTER)?;
    if let Ok(seconds) = wait.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text| httpdate::parse_http_date(text).ok();
    date(wait)?.duration_since(date(header(DATE)?)?).ok()
}
