//! What goes wrong in the domain, as the API says it. No wildcard arm: a new error must be thought about here.

use common::ErrorCode;
use common::domain::profile::ProfileError;
use common::domain::revocation::RevocationError;
use common::domain::second_factor::SecondFactorError;
use common::domain::session::{RefreshError, SessionError};
use common::domain::token::PersonalTokenError;
use common::domain::user::UserError;
use platform::http::{AppError, FieldError};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::services::ExportError;

pub fn user(error: UserError) -> AppError {
    match error {
        UserError::EmailTaken => AppError::new(
            ErrorCode::EmailTaken,
            "That address has an account. Sign in, or register another address.",
        )
        .with_details(json!({"field": "email"})),
        UserError::RegistrationClosed => AppError::new(
            ErrorCode::RegistrationClosed,
            "Registration is not open to that address. Ask the operator of this OmniChat for an account.",
        ),
        UserError::WeakPassword { hint } => {
            AppError::invalid(&[FieldError::new("password", hint.trim_end_matches('.'))])
        }
        UserError::InvalidCredentials => AppError::new(
            ErrorCode::InvalidCredentials,
            "Address and password do not match an account. Check both.",
        ),
        UserError::SecondFactorRequired { challenge, expires_in } => AppError::new(
            ErrorCode::SecondFactorRequired,
            "Now send the code of your second factor, with `challenge`.",
        )
        .with_details(json!({
            "challenge": challenge.expose_secret(),
            "expiresIn": expires_in.num_seconds(),
        })),
        UserError::TooManyTries { retry_after } => AppError::rate_limited(retry_after),
        UserError::NotFound => gone(),
        UserError::Busy => AppError::unavailable(
            "Too many people are signing in at this moment. Try again in a few seconds.",
        ),
        UserError::Store(error) => error.into(),
        UserError::Internal(cause) => AppError::internal(cause),
    }
}

/// As [`user`], where the password in question is a new one beside the current.
pub fn new_password(error: UserError) -> AppError {
    match error {
        UserError::WeakPassword { hint } => {
            AppError::invalid(&[FieldError::new("newPassword", hint.trim_end_matches('.'))])
        }
        other => user(other),
    }
}

pub fn session(error: SessionError) -> AppError {
    match error {
        SessionError::NotFound => AppError::not_found(),
        SessionError::Store(error) => error.into(),
    }
}

pub fn profile(error: ProfileError) -> AppError {
    match error {
        ProfileError::UnknownModel { model } => AppError::new(
            ErrorCode::ModelUnknown,
            "There is no such model. `/models` lists those that there are.",
        )
        .with_details(json!({"model": model})),
        ProfileError::NotFound => gone(),
        ProfileError::Unavailable(cause) => AppError::unavailable(
            "chat-service, which keeps the settings, does not answer. Try again in a moment.",
        )
        .with_cause(cause),
        ProfileError::User(error) => user(error),
    }
}

pub fn export(error: ExportError) -> AppError {
    match error {
        ExportError::Unavailable(cause) => AppError::unavailable(
            "Not all services answer, and an export without them would not be whole. Try again in a moment.",
        )
        .with_cause(cause),
        ExportError::User(error) => user(error),
    }
}

/// What a sibling was sending has broken off; nobody reads this but the log.
pub fn broken_off(cause: Box<dyn std::error::Error + Send + Sync>) -> AppError {
    AppError::unavailable("The export broke off. Try again in a moment.").with_cause(cause)
}

pub fn second_factor(error: SecondFactorError) -> AppError {
    match error {
        SecondFactorError::AlreadyOn => AppError::new(
            ErrorCode::Conflict,
            "The second factor is on. Switch it off before you make another.",
        ),
        SecondFactorError::NotThere => AppError::new(
            ErrorCode::Conflict,
            "There is no second factor that this could be for. Begin with a new one.",
        ),
        SecondFactorError::WrongCode => AppError::new(
            ErrorCode::InvalidCredentials,
            "The code is not valid. Each is good once; wait for the next one.",
        ),
        SecondFactorError::InvalidChallenge => AppError::new(
            ErrorCode::Unauthorized,
            "The sign-in took too long, or is done. Begin it again.",
        ),
        SecondFactorError::User(error) => user(error),
        SecondFactorError::Store(error) => error.into(),
        SecondFactorError::Internal(cause) => AppError::internal(cause),
    }
}

/// Neither in the body nor in a cookie.
pub fn no_refresh_token() -> AppError {
    AppError::invalid(&[FieldError::new("refreshToken", "a value, here or in a cookie")])
}

pub fn personal_token(error: PersonalTokenError) -> AppError {
    match error {
        PersonalTokenError::NotFound => AppError::not_found(),
        PersonalTokenError::TooMany => AppError::new(
            ErrorCode::Conflict,
            "You have as many personal access tokens as one may have. Revoke one that you do not need.",
        ),
        PersonalTokenError::OwnerGone => gone(),
        PersonalTokenError::Store(error) => error.into(),
        PersonalTokenError::Internal(cause) => AppError::internal(cause),
    }
}

fn gone() -> AppError {
    AppError::new(ErrorCode::Unauthorized, "The account is gone. Sign in with another one.")
}

pub fn revocation(error: RevocationError) -> AppError {
    match error {
        RevocationError::MalformedCursor(_) => {
            AppError::invalid(&[FieldError::new("cursor", "a `cursor` of this very list")])
        }
        RevocationError::Store(error) => error.into(),
    }
}

pub fn refresh(error: RefreshError) -> AppError {
    match error {
        RefreshError::Invalid => {
            AppError::new(ErrorCode::Unauthorized, "The refresh token is not valid. Sign in again.")
        }
        RefreshError::Expired => {
            AppError::new(ErrorCode::TokenExpired, "The session has expired. Sign in again.")
        }
        RefreshError::Reused => AppError::new(
            ErrorCode::TokenReused,
            "The refresh token was used before, perhaps by somebody else, so the session was ended. Sign in again.",
        ),
        RefreshError::Store(error) => error.into(),
        RefreshError::Internal(cause) => AppError::internal(cause),
    }
}
