use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use platform::http::{AppError, Cookies, SessionCookie, bearer_token};
use secrecy::SecretString;

/// The access token of a request, unverified: one that has expired still says whose session it was. A header that is none, or
/// is there twice, never lets the cookie count in its place.
pub struct PresentedToken(pub Option<SecretString>);

impl FromRequest for PresentedToken {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let cookie = || Cookies::of(request)?.read(request, SessionCookie::Access);
        let token = match bearer_token(request) {
            Ok(None) => cookie(),
            header => header,
        };
        ready(token.map(Self))
    }
}
