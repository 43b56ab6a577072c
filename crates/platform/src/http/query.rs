//! Query strings, parsed as strictly as bodies.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use garde::Validate;
use serde::de::DeserializeOwned;

use super::{AppError, FieldError};

/// A query string, valid by its type's own rules. Fails with 400; all failing fields are named.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Validate<Context = ()>> FromRequest for Query<T> {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

fn parse<T: DeserializeOwned + Validate<Context = ()>>(query: &str) -> Result<T, AppError> {
    if query.contains("%00") {
        return Err(AppError::invalid(&[FieldError::new("query", "text without NUL characters")]));
    }
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    let value: T = serde_path_to_error::deserialize(pairs).map_err(|error| {
        AppError::invalid(&[FieldError::explain(
            &error.path().to_string(),
            &error.inner().to_string(),
        )])
    })?;
    value.validate().map_err(|report| AppError::invalid(&FieldError::all(&report)))?;
    Ok(value)
}
