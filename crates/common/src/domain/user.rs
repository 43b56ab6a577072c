//! A person's account.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use crate::UserId;
use crate::domain::session::RefreshToken;
use crate::repositories::StoreError;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id, the `sub` of its tokens.
    pub id: UserId,
    /// The address to sign in with, as typed at registration.
    pub email: String,
    /// What to call the person.
    pub display_name: Option<String>,
    /// The password's hash as a PHC string.
    pub password_hash: String,
    /// Counts the changes of the password, but not those of its hash alone.
    pub password_version: i32,
    /// False once an operator has disabled it.
    pub is_active: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The address to sign in with.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// What to call the person.
    pub display_name: Option<String>,
}

/// Another password for an account.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The version that is replaced.
    pub version: i32,
    /// The new password's hash as a PHC string.
    pub hash: String,
    /// The first refresh token from now on of the one session that goes on, if one does.
    pub token: Option<RefreshToken>,
}

/// The form in which addresses are compared: one account per address, however it is written.
pub fn fold_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// What can go wrong with an account.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// Somebody registered the address before.
    #[error("the address is taken")]
    EmailTaken,
    /// The operator has closed registration, or closed it to this address's domain.
    #[error("registration is closed")]
    RegistrationClosed,
    /// The password is too short, too long or too easy to guess; the hint says how to do better.
    #[error("the password is weak")]
    WeakPassword {
        /// For the person, in full sentences.
        hint: String,
    },
    /// Address or password are wrong, or the account is disabled: never said which.
    #[error("the credentials are not valid")]
    InvalidCredentials,
    /// The password is right, but the account has a second factor too.
    #[error("a second factor is needed")]
    SecondFactorRequired {
        /// To be given back with a code of that.
        challenge: SecretString,
        /// How long it is good.
        expires_in: TimeDelta,
    },
    /// Too many passwords or codes were tried for the account.
    #[error("too many tries")]
    TooManyTries {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The account is gone or disabled.
    #[error("no such account")]
    NotFound,
    /// More passwords are being checked than the machine can check.
    #[error("too many passwords are being checked")]
    Busy,
    /// The database failed.
    #[error("accounts could not be read or written")]
    Store(#[from] StoreError),
    /// Anything else that should not happen.
    #[error("an account's operation failed")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Secret;
    use crate::domain::session::Client;

    #[test]
    fn what_is_secret_is_never_printed() {
        const CANARY: &str = "kanarivogel-8Zr1vQw0yT6uJm4pXs9dLc2fGh7bNaE";
        let new = NewUser {
            email: "ada@example.org".to_owned(),
            password: CANARY.into(),
            display_name: None,
        };
        let client = Client { device_token: Some(CANARY.into()), ..Client::default() };
        let challenge = UserError::SecondFactorRequired {
            challenge: CANARY.into(),
            expires_in: TimeDelta::zero(),
        };
        let secret = Secret::new("a", CANARY).unwrap();
        for text in [
            format!("{new:?}"),
            format!("{client:?}"),
            format!("{challenge:?}"),
            format!("{secret:?}"),
        ] {
            assert!(text.contains("REDACTED") && !text.contains("kanarivogel"), "{text}");
        }
    }
}
