//! A sign-in on one device: the family of its refresh tokens.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use crate::domain::audit::AuditEvent;
use crate::domain::revocation::Ending;
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

/// Which sessions have not ended by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alive {
    /// Those that began after this,
    pub begun_after: DateTime<Utc>,
    /// and got a token after this.
    pub seen_after: DateTime<Utc>,
}

/// What a session was begun on, as far as it told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// What the client said it was.
    pub user_agent: Option<String>,
    /// The address that it called from.
    pub ip: Option<String>,
}

/// Who asks to sign in, as far as it is known before.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// What it is.
    pub device: Device,
    /// The session that it has, and whose that is.
    pub session: Option<(UserId, SessionId)>,
    /// What tells that somebody signed in on it before.
    pub device_token: Option<SecretString>,
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

/// A session that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The session.
    pub session: Session,
    /// Its first refresh token.
    pub token: RefreshToken,
    /// What the owner's log says of it.
    pub event: AuditEvent,
    /// Which version of the password it was begun with.
    pub password_version: i32,
    /// The session that the client had until now, which this one replaces.
    pub replaces: Option<(SessionId, Ending)>,
}

/// A refresh token's turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The token that comes after it.
    pub successor: RefreshToken,
    /// When.
    pub now: DateTime<Utc>,
    /// How long ago a token may have been used, to be taken once more.
    pub grace: TimeDelta,
    /// The session's end, should the token have been used before.
    pub if_reused: Ending,
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
    /// How long the refresh token is good.
    pub refresh_expires_in: TimeDelta,
    /// How long the session can last.
    pub session_expires_in: TimeDelta,
    /// What tells the device again at the next sign-in.
    pub device_token: Option<SecretString>,
}

/// What can go wrong with a session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// It is over, somebody else's, or never was.
    #[error("no such session")]
    NotFound,
    /// The database failed.
    #[error("sessions could not be read or written")]
    Store(#[from] StoreError),
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
