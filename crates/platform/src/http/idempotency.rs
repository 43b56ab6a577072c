//! What a client calls a request, so that it can be made again without a second effect.

use std::cell::RefCell;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use common::ErrorCode;
use common::domain::idempotency::{CreationError, Fingerprinter, IdempotencyKey, RequestKey};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt};
use utoipa::IntoParams;

use super::{AppError, FieldError};

/// A body, and the key of `Idempotency-Key` for all that is asked, if the request has one.
pub struct Idempotent<B> {
    /// The key, and what is asked.
    pub key: Option<RequestKey>,
    /// The body.
    pub body: B,
}

/// How a request that makes something is made again without a second effect.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the extractor reads it; this is how it is documented")]
pub struct IdempotencyKeyHeader {
    /// What the client calls this request, kept for 24 hours: made again with the same key, path and body it makes nothing, and is
    /// answered as the first one was; with another path or body it is `IDEMPOTENCY_MISMATCH`. 1 to 255 visible ASCII characters.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    key: Option<String>,
}

/// What `Idempotency-Key` is to mark, of which the body is still to come.
pub struct HalfKey {
    /// The client's word for it.
    pub key: IdempotencyKey,
    /// What is asked, so far.
    pub fingerprinter: Fingerprinter,
}

impl<B: FromRequest<Error = AppError> + 'static> FromRequest for Idempotent<B> {
    type Error = AppError;
    type Future = LocalBoxFuture<'static, Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let HalfKey { key, fingerprinter } = match HalfKey::of(request) {
            Ok(None) => {
                let body = B::from_request(request, payload);
                return async { Ok(Self { key: None, body: body.await? }) }.boxed_local();
            }
            Err(error) => return async { Err(error) }.boxed_local(),
            Ok(Some(half)) => half,
        };
        let fingerprinter = Rc::new(RefCell::new(fingerprinter));
        let body = B::from_request(request, &mut observed(payload.take(), fingerprinter.clone()));
        async move {
            let body = body.await?;
            let fingerprint = fingerprinter.borrow().clone().finish();
            Ok(Self { key: Some(RequestKey { key, fingerprint }), body })
        }
        .boxed_local()
    }
}

impl HalfKey {
    /// The key of a request's head.
    ///
    /// # Errors
    /// It is no key.
    pub fn of(request: &HttpRequest) -> Result<Option<Self>, AppError> {
        let header = request.headers().get("idempotency-key");
        let key = header.map(|key| parse(key.to_str().unwrap_or_default(), "Idempotency-Key"));
        let fingerprinter = fingerprinter(request);
        Ok(key.transpose()?.map(|key| Self { key, fingerprinter }))
    }

    /// The key, now that the whole body was read.
    pub fn finish(self) -> RequestKey {
        RequestKey { key: self.key, fingerprint: self.fingerprinter.finish() }
    }
}

/// The key that a request without a body names as `idempotencyKey` in its query.
///
/// # Errors
/// It is no key.
pub fn key_of_query(
    request: &HttpRequest,
    key: Option<&str>,
) -> Result<Option<RequestKey>, AppError> {
    let key = key.map(|key| parse(key, "idempotencyKey")).transpose()?;
    Ok(key.map(|key| RequestKey { key, fingerprint: fingerprinter(request).finish() }))
}

impl AppError {
    /// `IDEMPOTENCY_MISMATCH`: the key stands for another request.
    pub fn idempotency_mismatch() -> Self {
        let message = "This idempotency key was used for another request. Take a new key for each new request, and repeat a request as it was.";
        Self::new(ErrorCode::IdempotencyMismatch, message)
    }
}

impl From<CreationError> for AppError {
    fn from(error: CreationError) -> Self {
        match error {
            CreationError::Mismatch => Self::idempotency_mismatch(),
            CreationError::Taken => Self::internal("what was made for a key was not looked for"),
            CreationError::Store(error) => error.into(),
        }
    }
}

fn parse(key: &str, field: &str) -> Result<IdempotencyKey, AppError> {
    key.parse().map_err(|_| {
        AppError::invalid(&[FieldError::new(field, "1 to 255 visible ASCII characters")])
    })
}

/// `Accept` is not part of it: a retry may want events where the first one did not.
fn fingerprinter(request: &HttpRequest) -> Fingerprinter {
    Fingerprinter::new(request.method().as_str(), request.uri())
}

/// The same bytes, which are put into the fingerprint as they are read.
fn observed(payload: Payload, fingerprinter: Rc<RefCell<Fingerprinter>>) -> Payload {
    let seen = payload.inspect(move |bytes| {
        if let Ok(bytes) = bytes {
            fingerprinter.borrow_mut().update(bytes);
        }
    });
    Payload::Stream { payload: seen.boxed_local() }
}
