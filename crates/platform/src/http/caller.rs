//! Who is calling: found out by the guard before the handler, taken from there by the handler.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono::{DateTime, Utc};
use common::auth::{Scope, TokenError};
use common::{ErrorCode, SessionId, UserId};
use secrecy::{ExposeSecret, SecretString};

use super::{AppError, Cookies, FieldError, SessionCookie};
use crate::Instance;

/// A person, by a valid access token.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub user: UserId,
    /// By which session, or by which personal access token.
    pub session: SessionId,
    /// Whether it is a personal access token.
    pub is_personal: bool,
    /// What the token may be used for.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// Whether a browser sent it along by itself.
    pub is_by_cookie: bool,
    /// The token itself, for calling a sibling on the person's behalf.
    pub token: SecretString,
}

/// A sibling service, by a valid service token.
#[derive(Debug, Clone)]
pub struct ServiceCaller {
    /// Which one.
    pub name: String,
}

impl Caller {
    /// Who sent a request, by the bearer token, else by the cookie.
    pub(super) fn identify(request: &HttpRequest) -> Result<Self, AppError> {
        let instance: &Data<Instance> = configured(request)?;
        let cookies = Cookies::of(request)?;
        let (token, is_by_cookie) = match bearer_token(request)? {
            Some(token) => (token, false),
            None => (cookies.read(request, SessionCookie::Access)?.ok_or_else(sign_in)?, true),
        };
        let claims = instance.keys.verify_access(token.expose_secret()).map_err(refused)?;
        if instance.revocations.is_revoked(claims.sid) {
            return Err(AppError::new(
                ErrorCode::Unauthorized,
                "The session was ended, or the token revoked. Sign in again.",
            ));
        }
        instance.revocations.note_use(&claims);
        tracing::Span::current().record("user_id", tracing::field::display(claims.sub));
        Ok(Self {
            user: claims.sub,
            session: claims.sid,
            is_personal: claims.is_personal(),
            expires_at: DateTime::from_timestamp(claims.exp, 0).unwrap_or_default(),
            scopes: claims.scope,
            is_by_cookie,
            token,
        })
    }
}

impl ServiceCaller {
    /// Which sibling sent a request.
    pub(super) fn identify(request: &HttpRequest) -> Result<Self, AppError> {
        let instance: &Data<Instance> = configured(request)?;
        let token = bearer_token(request)?.ok_or_else(sign_in)?;
        let claims = instance.keys.verify_service(token.expose_secret()).map_err(refused)?;
        Ok(Self { name: claims.sub })
    }
}

impl FromRequest for Caller {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identified(request))
    }
}

impl FromRequest for ServiceCaller {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identified(request))
    }
}

/// Whom the guard has found.
fn identified<T: Clone + 'static>(request: &HttpRequest) -> Result<T, AppError> {
    let unasked = || AppError::internal("a handler asks who is calling, and its endpoint does not");
    request.extensions().get::<T>().cloned().ok_or_else(unasked)
}

/// What the server has put there for everybody.
pub(super) fn configured<T: 'static>(request: &HttpRequest) -> Result<&Data<T>, AppError> {
    let missing =
        || AppError::internal(format!("{} is not configured", std::any::type_name::<T>()));
    request.app_data::<Data<T>>().ok_or_else(missing)
}

/// The one bearer token of a request (RFC 6750 §2.1).
///
/// # Errors
/// There are two, or it is none.
pub fn bearer_token(request: &HttpRequest) -> Result<Option<SecretString>, AppError> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let Some(header) = headers.next() else { return Ok(None) };
    if headers.next().is_some() {
        return Err(AppError::invalid(&[FieldError::new("Authorization", "to be given once")]));
    }
    let (scheme, token) =
        header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(sign_in)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(Some(token.trim().into()))
    } else {
        Err(sign_in())
    }
}

fn sign_in() -> AppError {
    AppError::new(
        ErrorCode::Unauthorized,
        "Sign in, and send the access token as `Authorization: Bearer …`.",
    )
}

fn refused(error: TokenError) -> AppError {
    match error {
        TokenError::Expired => AppError::new(
            ErrorCode::TokenExpired,
            "The access token has expired. Get a new one from `/auth/refresh`.",
        ),
        TokenError::Invalid => AppError::unauthorized(),
    }
}
