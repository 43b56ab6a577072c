use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use platform::http::{Cookies, SessionCookie, bearer_token};
use secrecy::SecretString;

/// The access token of a request, unverified: one that has expired still says whose session it was.
pub struct PresentedToken(pub Option<SecretString>);

impl FromRequest for PresentedToken {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let cookie = || {
            let cookies = request.app_data::<Data<Cookies>>()?;
            cookies.read(request, SessionCookie::Access).ok().flatten()
        };
        ready(Ok(Self(bearer_token(request).ok().flatten().or_else(cookie))))
    }
}
