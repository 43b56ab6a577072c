use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use common::ErrorCode;
use platform::http::{AppError, Caller};

/// A person who signed in: not a program with a personal access token, which could otherwise give itself more than it has.
pub struct InSession(pub Caller);

impl FromRequest for InSession {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload).into_inner();
        ready(caller.and_then(|caller| {
            if caller.is_personal {
                let message = "Sign in to do that: a personal access token may not.";
                return Err(AppError::new(ErrorCode::Forbidden, message));
            }
            Ok(Self(caller))
        }))
    }
}
