use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use platform::http::{AppError, Cookies, SessionCookie, require_our_page};
use secrecy::SecretString;

/// The refresh token that a browser sent along by itself, which counts only if a page of ours made it do so.
pub struct RefreshCookie(pub Option<SecretString>);

impl FromRequest for RefreshCookie {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Cookies::of(request).and_then(|cookies| {
            require_our_page(request)?;
            cookies.read(request, SessionCookie::Refresh).map(Self)
        }))
    }
}
