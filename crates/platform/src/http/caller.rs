//! Who is calling.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use common::auth::{AccessClaims, TokenError};
use common::{ErrorCode, SessionId, UserId};
use secrecy::SecretString;

use super::{AppError, FieldError};
use crate::Instance;

/// A person, by a valid access token.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub user: UserId,
    /// By which session.
    pub session: SessionId,
    /// The token itself, for calling a sibling on the person's behalf.
    pub token: SecretString,
}

/// A sibling service, by a valid service token.
#[derive(Debug, Clone)]
pub struct ServiceCaller {
    /// Which one.
    pub name: String,
}

impl FromRequest for Caller {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identify(request, |instance, token| {
            let AccessClaims { sub, sid, .. } = instance.keys.verify_access(token)?;
            tracing::Span::current().record("user_id", tracing::field::display(sub));
            Ok(Self { user: sub, session: sid, token: token.into() })
        }))
    }
}

impl FromRequest for ServiceCaller {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identify(request, |instance, token| {
            instance.keys.verify_service(token).map(|claims| Self { name: claims.sub })
        }))
    }
}

fn identify<T>(
    request: &HttpRequest,
    verify: impl FnOnce(&Instance, &str) -> Result<T, TokenError>,
) -> Result<T, AppError> {
    let instance = request
        .app_data::<Data<Instance>>()
        .ok_or_else(|| AppError::internal("no instance is configured"))?;
    let token = bearer_token(request)?;
    verify(instance, token).map_err(|error| match error {
        TokenError::Expired => AppError::new(
            ErrorCode::TokenExpired,
            "The access token has expired. Get a new one from `/auth/refresh`.",
        ),
        TokenError::Invalid => AppError::unauthorized(),
    })
}

/// The one bearer token of a request (RFC 6750 §2.1).
fn bearer_token(request: &HttpRequest) -> Result<&str, AppError> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let unauthorized = || {
        AppError::new(
            ErrorCode::Unauthorized,
            "Sign in, and send the access token as `Authorization: Bearer …`.",
        )
    };
    let header = headers.next().ok_or_else(unauthorized)?;
    if headers.next().is_some() {
        return Err(AppError::invalid(&[FieldError::new("Authorization", "to be given once")]));
    }
    let (scheme, token) =
        header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(unauthorized)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(unauthorized()) }
}
