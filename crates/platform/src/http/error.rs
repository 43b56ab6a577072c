//! The one error type of the HTTP layer, and the envelope in which it goes out.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use chrono::{DateTime, Utc};
use common::ErrorCode;
use common::repositories::StoreError;
use serde::Serialize;
use serde_json::{Value, json};

use super::{FieldError, RequestId};

/// A request that failed: its code, a message for a person that says what to do next, and the cause for the log.
#[derive(Debug, Clone)]
pub struct AppError {
    code: ErrorCode,
    pub(super) message: Cow<'static, str>,
    pub(super) details: Option<Value>,
    retry_after: Option<Duration>,
    cause: Option<Cause>,
}

type Cause = std::sync::Arc<dyn std::error::Error + Send + Sync>;

/// A failed request's answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorEnvelope {
    /// Always false.
    success: bool,
    error: ErrorBody,
    timestamp: DateTime<Utc>,
    request_id: String,
}

/// What failed.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// For programs; the list is in the API's documentation.
    code: String,
    /// For a person.
    message: String,
    /// Depends on the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
}

impl AppError {
    /// An error of a code, with a message that says what to do next.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), details: None, retry_after: None, cause: None }
    }

    /// `NOT_FOUND`, in the same words for what never was and what is somebody else's.
    pub fn not_found() -> Self {
        Self::new(ErrorCode::NotFound, "There is nothing here. Check the address and the id in it.")
    }

    /// `UNAUTHORIZED`, for a token that is not good, or not any more.
    pub fn unauthorized() -> Self {
        Self::new(ErrorCode::Unauthorized, "The access token is not valid. Sign in again.")
    }

    /// `VALIDATION_ERROR` for one or more fields.
    pub fn invalid(fields: &[FieldError]) -> Self {
        let message = match fields {
            [one] => format!("Check `{}`: {}.", one.field, one.expected),
            _ => format!(
                "Check these fields: {}.",
                fields.iter().map(|f| f.field.as_str()).collect::<Vec<_>>().join(", ")
            ),
        };
        let first = fields.first();
        Self::new(ErrorCode::ValidationError, message).with_details(json!({
            "field": first.map(|f| &f.field),
            "expected": first.map(|f| &f.expected),
            "fields": fields,
        }))
    }

    /// `INTERNAL_ERROR`; the cause goes to the log and nowhere else.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(ErrorCode::InternalError, "Something went wrong on our side. Try again; if it stays, tell the operator the request id.")
            .with_cause(cause)
    }

    /// `SERVICE_UNAVAILABLE`, with `Retry-After`.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::ServiceUnavailable, message).with_retry_after(Duration::from_secs(1))
    }

    /// `RATE_LIMITED`: one more try would be too many for now.
    pub fn rate_limited(wait: Duration) -> Self {
        let message = format!("Too many requests. Try again in {} s.", in_seconds(wait));
        Self::new(ErrorCode::RateLimited, message).with_retry_after(wait)
    }

    /// With more for programs.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// With what caused it, for the log.
    #[must_use]
    pub fn with_cause(
        mut self,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.cause = Some(cause.into().into());
        self
    }

    /// With a `Retry-After`, in whole seconds, rounded up: who waits for so long does not come too early.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// The code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The error for a status that actix-web or a middleware chose by itself.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            404 => Self::not_found(),
            405 => Self::new(
                ErrorCode::MethodNotAllowed,
                "This address does not take that method. `Allow` lists those that it takes.",
            ),
            406 => Self::new(
                ErrorCode::NotAcceptable,
                "The answer cannot be given in the form that `Accept` asks for.",
            ),
            408 => Self::new(
                ErrorCode::RequestTimeout,
                "The request took too long to arrive. Send it again.",
            ),
            413 => Self::new(ErrorCode::PayloadTooLarge, "The request's body is too large."),
            415 => Self::new(
                ErrorCode::UnsupportedMediaType,
                "Send the body as `Content-Type: application/json`.",
            ),
            431 => Self::new(ErrorCode::HeadersTooLarge, "The request's headers are too large."),
            400..=499 => Self::new(ErrorCode::ValidationError, "The request is malformed."),
            503 => Self::unavailable("The service is busy. Try again in a moment."),
            _ => Self::internal(format!("unexplained status {status}")),
        }
    }

    /// Writes the cause to the log: once, where the error leaves us. The id stands in the line itself, for who sees no other.
    pub(super) fn log(&self, id: Option<&RequestId>) {
        if self.status_code().is_server_error() {
            let mut chain = Vec::new();
            let mut next: Option<&dyn std::error::Error> =
                self.cause.as_deref().map(|cause| cause as _);
            while let Some(cause) = next {
                chain.push(cause.to_string());
                next = cause.source();
            }
            let (code, id, cause) =
                (self.code.as_str(), id.map(RequestId::as_str), chain.join(": "));
            tracing::error!(code, request_id = id, cause, "request failed");
        }
    }

    /// The body that goes out.
    pub(super) fn envelope(&self, timestamp: DateTime<Utc>, request_id: &str) -> ErrorEnvelope {
        let error = ErrorBody {
            code: self.code.as_str().to_owned(),
            message: self.message.to_string(),
            details: self.details.clone(),
        };
        ErrorEnvelope { success: false, error, timestamp, request_id: request_id.to_owned() }
    }
}

fn in_seconds(wait: Duration) -> u128 {
    wait.as_millis().div_ceil(1_000).max(1)
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for AppError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Status and headers alone: `edge` writes the body, since only it knows the request's id.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(after) = self.retry_after {
            response.insert_header((RETRY_AFTER, in_seconds(after).to_string()));
        }
        if self.status_code() == StatusCode::UNAUTHORIZED {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        response.finish()
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                Self::unavailable("The database does not answer. Try again in a moment.")
                    .with_cause(error)
            }
            StoreError::Failed(_) => Self::internal(error),
        }
    }
}
