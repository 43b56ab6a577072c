use std::cell::RefCell;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use common::domain::idempotency::{Fingerprinter, IdempotencyKey, SendKey};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt};
use platform::http::{AppError, FieldError};

/// A body, and the key of `Idempotency-Key` for all that is asked, if the request has one.
pub struct Idempotent<B> {
    pub key: Option<SendKey>,
    pub body: B,
}

impl<B: FromRequest<Error = AppError> + 'static> FromRequest for Idempotent<B> {
    type Error = AppError;
    type Future = LocalBoxFuture<'static, Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let header = request.headers().get("idempotency-key");
        let key = match header.map(|key| parse(key.to_str().unwrap_or_default(), "Idempotency-Key"))
        {
            None => {
                let body = B::from_request(request, payload);
                return async { Ok(Self { key: None, body: body.await? }) }.boxed_local();
            }
            Some(Err(error)) => return async { Err(error) }.boxed_local(),
            Some(Ok(key)) => key,
        };
        let fingerprinter = Rc::new(RefCell::new(fingerprinter(request)));
        let body = B::from_request(request, &mut observed(payload.take(), fingerprinter.clone()));
        async move {
            let body = body.await?;
            let fingerprint = fingerprinter.borrow().clone().finish();
            Ok(Self { key: Some(SendKey { key, fingerprint }), body })
        }
        .boxed_local()
    }
}

/// The key that a request without a body names as `idempotencyKey` in its query.
///
/// # Errors
/// It is no key.
pub fn key_of_query(request: &HttpRequest, key: Option<&str>) -> Result<Option<SendKey>, AppError> {
    let key = key.map(|key| parse(key, "idempotencyKey")).transpose()?;
    Ok(key.map(|key| SendKey { key, fingerprint: fingerprinter(request).finish() }))
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
