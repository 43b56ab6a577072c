//! A sign-in on one device: the family of its refresh tokens.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use crate::domain::user::User;
use crate::repositories::StoreError;
use crate::{SessionId, UserId};

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, the `sid` of its tokens.
    pub id: SessionId,
    /// Whose it is.
    pub owner: UserId,
    /// Mixed into each refresh token's successor, so that who holds only the token cannot compute it.
    pub salt: Vec<u8>,
    /// What it was begun on.
    pub device: Device,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it last got a token.
    pub last_seen_at: DateTime<Utc>,
    /// When it was ended, if it was.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What a session was begun on, as far as it told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// What the client said it was.
    pub user_agent: Option<String>,
    /// The address that it called from.
    pub ip: Option<String>,
}

/// One refresh token of a session; the token itself is never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// SHA-256 of the token.
    pub hash: Vec<u8>,
    /// The session it belongs to.
    pub session: SessionId,
    /// Its number in the family, from 0.
    pub generation: u32,
    /// When its successor was given out.
    pub consumed_at: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
}

/// What somebody gets who signed in or stays signed in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Who.
    pub user: User,
    /// Opens every service for a while.
    pub access_token: SecretString,
    /// Gets the next pair of tokens, once.
    pub refresh_token: SecretString,
    /// How long the access token is good.
    pub expires_in: TimeDelta,
}

/// Why a refresh token is refused.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// It is unknown, its session was ended, or its owner is gone or disabled.
    #[error("the refresh token is not valid")]
    Invalid,
    /// It ended by itself.
    #[error("the refresh token has expired")]
    Expired,
    /// It had been replaced long ago: perhaps it was stolen. The whole session is revoked.
    #[error("the refresh token was used before")]
    Reused,
    /// The database failed.
    #[error("sessions could not be read or written")]
    Store(#[from] StoreError),
    /// Anything else that should not happen.
    #[error("a session's operation failed")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}
