//! The cookies of a browser's session (RFC 6265bis). A script cannot read them, and they travel over TLS alone (browsers
//! count `http://localhost` as such).

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::web::Data;
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};

use super::caller::configured;
use super::{AppError, FieldError};
use crate::settings::{SameSiteSetting, ServerSettings};

/// One of the cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionCookie {
    /// The access token; every path needs it.
    Access,
    /// The refresh token; it goes to `/api/auth` alone.
    Refresh,
    /// That this browser signed in before.
    Device,
}

/// How this process names and writes its cookies.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    is_https: bool,
    same_site: SameSite,
}

impl Cookies {
    /// As the settings say.
    pub fn from(settings: &ServerSettings) -> Self {
        let same_site = match settings.cookie_same_site {
            SameSiteSetting::Lax => SameSite::Lax,
            SameSiteSetting::Strict => SameSite::Strict,
            SameSiteSetting::None => SameSite::None,
        };
        Self { is_https: settings.is_https(), same_site }
    }

    /// Those of the process that serves a request.
    ///
    /// # Errors
    /// It has none, which is a mistake of ours.
    pub fn of(request: &HttpRequest) -> Result<&Self, AppError> {
        configured::<Self>(request).map(Data::get_ref)
    }

    /// What the request has in a cookie.
    ///
    /// # Errors
    /// It has it twice: which of them counts nobody could say.
    pub fn read(
        &self,
        request: &HttpRequest,
        which: SessionCookie,
    ) -> Result<Option<SecretString>, AppError> {
        let name = self.name(which);
        // As they came: unescaped, `%5F%5FHost-…` would pass for a name that only we can set.
        let Ok(cookies) = request.cookies_raw() else {
            return Err(AppError::invalid(&[FieldError::new("Cookie", "to be well-formed")]));
        };
        let mut found = cookies.iter().filter(|cookie| cookie.name() == name);
        let first = found.next().map(|cookie| cookie.value().into());
        if found.next().is_some() {
            return Err(AppError::invalid(&[FieldError::new(name, "to be given once")]));
        }
        Ok(first)
    }

    /// Whether the request has a session's cookie, of either kind.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub(super) fn are_in(&self, request: &HttpRequest) -> Result<bool, AppError> {
        let access = self.read(request, SessionCookie::Access)?;
        let refresh = self.read(request, SessionCookie::Refresh)?;
        Ok(access.is_some() || refresh.is_some())
    }

    /// The cookie with a value that the browser keeps for so long.
    pub fn write(
        &self,
        which: SessionCookie,
        value: &SecretString,
        age: TimeDelta,
    ) -> Cookie<'static> {
        self.build(which, value.expose_secret(), Duration::seconds(age.num_seconds()))
    }

    /// What makes the browser forget the cookie.
    pub fn clear(&self, which: SessionCookie) -> Cookie<'static> {
        self.build(which, "", Duration::ZERO)
    }

    fn build(&self, which: SessionCookie, value: &str, age: Duration) -> Cookie<'static> {
        let path = match which {
            SessionCookie::Access => "/",
            SessionCookie::Refresh => "/api/auth",
            SessionCookie::Device => "/api",
        };
        Cookie::build(self.name(which), value.to_owned())
            .path(path)
            .max_age(age)
            .secure(true)
            .http_only(true)
            .same_site(self.same_site)
            .finish()
    }

    /// A prefix makes the browser refuse a cookie that another host, or plain HTTP, tries to put in its place; it only works
    /// over TLS. Nothing but the prefixed name is accepted then.
    fn name(&self, which: SessionCookie) -> &'static str {
        match (which, self.is_https) {
            (SessionCookie::Access, false) => "access_token",
            (SessionCookie::Access, true) => "__Host-access_token",
            (SessionCookie::Refresh, false) => "refresh_token",
            (SessionCookie::Refresh, true) => "__Secure-refresh_token",
            (SessionCookie::Device, false) => "device_token",
            (SessionCookie::Device, true) => "__Secure-device_token",
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn cookies(is_https: bool) -> Cookies {
        Cookies { is_https, same_site: SameSite::Lax }
    }

    #[test]
    fn a_cookie_is_for_this_host_and_for_no_script() {
        let written = |is_https, which| {
            cookies(is_https).write(which, &"x".into(), TimeDelta::days(7)).to_string()
        };
        assert_eq!(
            written(false, SessionCookie::Access),
            "access_token=x; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=604800"
        );
        assert_eq!(
            written(true, SessionCookie::Refresh),
            "__Secure-refresh_token=x; HttpOnly; SameSite=Lax; Secure; Path=/api/auth; Max-Age=604800"
        );
        assert!(written(true, SessionCookie::Access).starts_with("__Host-access_token="));
        let cleared = cookies(false).clear(SessionCookie::Access).to_string();
        assert!(cleared.starts_with("access_token=;") && cleared.contains("Max-Age=0"));
    }

    #[test]
    fn only_the_name_that_the_scheme_asks_for_is_read() {
        let request = |text: &str| {
            TestRequest::default().insert_header(("cookie", text.to_owned())).to_http_request()
        };
        let read = |is_https, text| {
            let read = cookies(is_https).read(&request(text), SessionCookie::Access);
            read.map(|value| value.map(|value| value.expose_secret().to_owned()))
        };
        assert_eq!(read(false, "a=1; access_token=x").unwrap().as_deref(), Some("x"));
        assert_eq!(read(true, "access_token=x").unwrap(), None);
        assert_eq!(read(true, "__Host-access_token=x").unwrap().as_deref(), Some("x"));
        assert_eq!(read(true, "%5F%5FHost-access_token=x").unwrap(), None);
        assert_eq!(read(true, "__Host%2Daccess_token=x").unwrap(), None);
        assert!(read(false, "access_token=x; access_token=y").is_err());
    }
}
