use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use platform::http::{AppError, Caller, RequestId};

use crate::services::OnBehalf;

/// The caller, as project-service is to be told of.
impl FromRequest for OnBehalf {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload).into_inner();
        let request_id = RequestId::from_request(request, payload).into_inner();
        ready(caller.map(|caller| Self {
            user: caller.user,
            token: caller.token,
            request_id: request_id.map(|id| id.as_str().to_owned()).unwrap_or_default(),
        }))
    }
}
