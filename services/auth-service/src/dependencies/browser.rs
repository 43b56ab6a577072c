use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use common::domain::session::SignIn;
use platform::http::{Answer, AppError, Cookies, SessionCookie};

use crate::services::Throttle;

/// A browser, which keeps its tokens in cookies that no script can read.
pub struct Browser(Cookies);

impl Browser {
    /// An answer that also gives it the tokens. The access token's cookie lasts as long as the session: that it has expired
    /// says that there is one to be refreshed.
    pub fn sign_in<T>(&self, answer: Answer<T>, sign_in: &SignIn) -> Answer<T> {
        let write = |which, value, age| self.0.write(which, value, age);
        let (access, refresh) = (SessionCookie::Access, SessionCookie::Refresh);
        let answer = answer
            .cookie(write(access, &sign_in.access_token, sign_in.session_expires_in))
            .cookie(write(refresh, &sign_in.refresh_token, sign_in.refresh_expires_in));
        match &sign_in.device_token {
            Some(token) => answer.cookie(write(SessionCookie::Device, token, Throttle::KNOWN)),
            None => answer,
        }
    }

    /// An answer that also makes it forget the tokens, but not that somebody signed in on it.
    pub fn sign_out<T>(&self, answer: Answer<T>) -> Answer<T> {
        let clear = |which| self.0.clear(which);
        answer.cookie(clear(SessionCookie::Access)).cookie(clear(SessionCookie::Refresh))
    }
}

impl FromRequest for Browser {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Cookies::of(request).map(|cookies| Self(*cookies)))
    }
}
