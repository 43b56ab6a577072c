use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use garde::Validate;
use platform::http::{AppError, Body};
use serde::de::DeserializeOwned;

/// A JSON body that need not be there; if it is, it is read as strictly as any.
pub struct OptionalBody<T>(pub Option<T>);

impl<T> FromRequest for OptionalBody<T>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = AppError;
    type Future = LocalBoxFuture<'static, Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let headers = request.headers();
        let is_there = headers.contains_key(TRANSFER_ENCODING)
            || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
        let body = is_there.then(|| Body::<T>::from_request(request, payload));
        async move {
            Ok(match body {
                Some(body) => Self(Some(body.await?.0)),
                None => Self(None),
            })
        }
        .boxed_local()
    }
}
