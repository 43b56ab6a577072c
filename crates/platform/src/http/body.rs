//! JSON bodies: read within a bound, parsed strictly, validated.

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest, web};
use common::ErrorCode;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, TryFutureExt};
use garde::Validate;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use super::{AppError, FieldError};

const DEFAULT_LIMIT: usize = 1024 * 1024;

/// A JSON body of at most `LIMIT` bytes, valid by its type's own rules.
///
/// Fails with 400 (all failing fields are named), 408, 413 or 415.
pub struct Body<T, const LIMIT: usize = DEFAULT_LIMIT>(pub T);

/// The same, together with its size, where how large it may be depends on what is in it.
pub struct SizedBody<T, const LIMIT: usize = DEFAULT_LIMIT> {
    /// What is in it.
    pub body: T,
    /// How many bytes it had.
    pub size: usize,
}

impl<T, const LIMIT: usize> FromRequest for Body<T, LIMIT>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = AppError;
    type Future = LocalBoxFuture<'static, Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let sized = SizedBody::<T, LIMIT>::from_request(request, payload);
        sized.map_ok(|sized| Self(sized.body)).boxed_local()
    }
}

impl<T, const LIMIT: usize> FromRequest for SizedBody<T, LIMIT>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = AppError;
    type Future = LocalBoxFuture<'static, Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_of_type(request, &["application/json"]);
        let announced = announced_length(request);
        let payload = web::Payload::from_request(request, payload).into_inner();
        async move {
            if !is_json {
                return Err(AppError::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
            }
            if announced.is_some_and(|length| length > LIMIT) {
                return Err(AppError::too_large(LIMIT));
            }
            let payload = payload.map_err(|error| AppError::internal(error.to_string()))?;
            let bytes = payload
                .to_bytes_limited(LIMIT)
                .await
                .map_err(|_| AppError::too_large(LIMIT))?
                .map_err(|error| unreadable(&error))?;
            Ok(Self { body: parse(&bytes)?, size: bytes.len() })
        }
        .boxed_local()
    }
}

/// Whether a request's body says to be of one of these media types.
pub(super) fn is_of_type(request: &HttpRequest, types: &[&str]) -> bool {
    let said = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let said = said.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    types.iter().any(|media_type| said.eq_ignore_ascii_case(media_type))
}

/// How many bytes a request says to have.
pub(super) fn announced_length(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn parse<T: DeserializeOwned + Validate<Context = ()>>(bytes: &[u8]) -> Result<T, AppError> {
    if has_escaped_nul(bytes) {
        return Err(AppError::invalid(&[FieldError::new("body", "text without NUL characters")]));
    }
    // serde takes an array for a struct, field by field.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(AppError::invalid(&[FieldError::new("body", "a JSON object")]));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut json);
    if parsed.is_err() && serde_json::from_slice::<IgnoredAny>(bytes).is_err() {
        return Err(AppError::invalid(&[FieldError::new("body", "well-formed JSON in UTF-8")]));
    }
    let value: T = parsed.map_err(|error| {
        AppError::invalid(&[FieldError::explain(
            &error.path().to_string(),
            &error.inner().to_string(),
        )])
    })?;
    json.end().map_err(|_| {
        AppError::invalid(&[FieldError::new("body", "one JSON value and nothing after it")])
    })?;
    value.validate().map_err(|report| AppError::invalid(&FieldError::all(&report)))?;
    Ok(value)
}

/// Postgres cannot store NUL in a text. In JSON it can only be written as an escape.
fn has_escaped_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|&b| b == b'\\') {
        let escape = &rest[at + 1..];
        if escape.starts_with(b"u0000") {
            return true;
        }
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

impl AppError {
    /// `PAYLOAD_TOO_LARGE`: the body has more than so many bytes.
    pub fn too_large(limit: usize) -> Self {
        let message =
            format!("The request's body is larger than {} MiB. Send less at a time.", limit >> 20);
        Self::new(ErrorCode::PayloadTooLarge, message)
    }
}

pub(super) fn unreadable(error: &actix_web::Error) -> AppError {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Io(io)) if io.kind() == std::io::ErrorKind::TimedOut => {
            AppError::of_status(StatusCode::REQUEST_TIMEOUT)
        }
        Some(PayloadError::Overflow) => AppError::of_status(StatusCode::PAYLOAD_TOO_LARGE),
        _ => AppError::of_status(StatusCode::BAD_REQUEST),
    }
}

/// For a field that may be absent (`None`: leave it), null (`Some(None)`: clear it) or given.
///
/// Use with `#[serde(default, deserialize_with = "present")]` on an `Option<Option<T>>`.
///
/// # Errors
/// The value is of another type.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_nul_is_found_and_an_escaped_backslash_is_not_mistaken_for_one() {
        assert!(has_escaped_nul(br#"{"a":"x\u0000"}"#));
        assert!(has_escaped_nul(br#"{"a":"\\\u0000"}"#));
        assert!(!has_escaped_nul(br#"{"a":"\\u0000"}"#));
        assert!(!has_escaped_nul(br#"{"a":"\u0001\n"#));
        assert!(!has_escaped_nul(b"\\"));
    }
}
