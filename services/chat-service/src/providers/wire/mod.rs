//! What the formats have in common: requests over HTTP, events or lines in place of one body, and an end that must be said.

mod body;
mod count;
mod decoder;
mod lines;
mod ndjson;
mod sse;
mod tools;
mod turns;

use std::time::Duration;

use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER,
};
use reqwest::{RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{KeyCheck, ProviderError, ProviderErrorKind};

pub use body::ByteStream;
pub(super) use count::{count, less};
pub(super) use decoder::{Decoder, Event, FrameStream, Framing, deltas, frames, read};
pub(super) use tools::{arguments, called, chosen, functions};
#[cfg(test)]
pub(super) use turns::a_conversation_with_everything;
pub(super) use turns::{Turn, Turns};

/// How long an answer may take that is neither a stream nor a reply.
const DEADLINE: Duration = Duration::from_secs(10);
/// The longest error body that is looked at.
const MAX_ERROR: usize = 64 * 1024;
/// The longest answer that is neither a stream nor a reply.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

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
    // Bounds are worth nothing where a few bytes unpack to many.
    let request = request.header(ACCEPT_ENCODING, "identity");
    let response = request.send().await.map_err(body::transport)?;
    if !response.status().is_success() {
        return Err(refused(&refusal(response).await));
    }
    match response.headers().get(CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => {
            Err(ProviderError::new(ProviderErrorKind::Protocol).because("a packed body"))
        }
        _ => Ok(response),
    }
}

async fn refusal(response: Response) -> Refusal {
    let (status, retry_after) = (response.status(), retry_after(response.headers()));
    // What cannot be read says nothing, and the status is enough.
    let bytes = body::bounded(response, MAX_ERROR).await.unwrap_or_default();
    Refusal { status, retry_after, body: serde_json::from_slice(&bytes).unwrap_or_default() }
}

/// Sends a request; the JSON that answers it.
pub(super) async fn ask<T: DeserializeOwned>(
    request: RequestBuilder,
    refused: impl FnOnce(&Refusal) -> ProviderError,
) -> Result<T, ProviderError> {
    let response = send(request.timeout(DEADLINE), refused).await?;
    let bytes = body::bounded(response, MAX_ANSWER).await?;
    parse(&String::from_utf8_lossy(&bytes))
}

/// Reads JSON of a provider.
pub(super) fn parse<'de, T: serde::Deserialize<'de>>(data: &'de str) -> Result<T, ProviderError> {
    serde_json::from_str(data).map_err(|_| {
        ProviderError::new(ProviderErrorKind::Protocol).because("no JSON of the format")
    })
}

/// A request with a key in a header of the provider's own.
pub(super) fn with_key(
    request: RequestBuilder,
    header: &'static str,
    key: Option<&SecretString>,
) -> RequestBuilder {
    let Some(key) = key else {
        return request;
    };
    match HeaderValue::from_str(key.expose_secret()) {
        Ok(mut value) => {
            value.set_sensitive(true);
            request.header(header, value)
        }
        // Fails when it is sent, and says nothing of the value.
        Err(_) => request.header(header, key.expose_secret()),
    }
}

/// Sends a request that a provider answers well if it takes the key.
pub(super) async fn check_key(
    request: RequestBuilder,
    refused: impl FnOnce(&Refusal) -> ProviderError,
) -> KeyCheck {
    match send(request.timeout(DEADLINE), refused).await.map_err(|error| error.kind) {
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
/// nothing where it says neither. OpenAI says it in milliseconds as well.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(milliseconds) = header("retry-after-ms").and_then(|wait| wait.parse().ok()) {
        return Some(Duration::from_millis(milliseconds));
    }
    let wait = header(RETRY_AFTER.as_str())?;
    if let Ok(seconds) = wait.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text| httpdate::parse_http_date(text).ok();
    date(wait)?.duration_since(date(header(DATE.as_str())?)?).ok()
}

/// Whether an error's message says that the prompt is longer than the model can read. Formats have no code for it, or not
/// every server does.
pub(super) fn says_too_long(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    [
        "context_length",
        "context length",
        "context size",
        "context window",
        "prompt is too long",
        "exceed context limit",
        "exceeds the maximum number of tokens",
    ]
    .iter()
    .any(|words| message.contains(words))
}
