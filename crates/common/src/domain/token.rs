//! A personal access token: what a person lets a program do in their name, until it ends or is revoked.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use crate::auth::Scope;
use crate::domain::revocation::Revocation;
use crate::repositories::StoreError;
use crate::{TokenId, UserId};

/// A token; the token itself, a JWT, is never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalToken {
    /// Its id: the `jti` and the `sid` of the JWT.
    pub id: TokenId,
    /// Whose it is.
    pub owner: UserId,
    /// What its owner calls it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewPersonalToken {
    /// What its owner calls it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// How long it is good.
    pub lifetime: TimeDelta,
}

/// A token that was made, together with what is shown once.
#[derive(Debug, Clone)]
pub struct CreatedToken {
    /// The token.
    pub token: PersonalToken,
    /// The JWT.
    pub secret: SecretString,
}

impl PersonalToken {
    /// What every service must know if it ends before its time.
    pub fn revocation(&self) -> Revocation {
        Revocation { session: self.id.uuid().into(), until: self.expires_at + Revocation::MARGIN }
    }
}

/// What can go wrong with a personal access token.
#[derive(Debug, thiserror::Error)]
pub enum PersonalTokenError {
    /// It is over, somebody else's, or never was.
    #[error("no such token")]
    NotFound,
    /// Its owner has as many as one may have.
    #[error("too many tokens")]
    TooMany,
    /// The account is gone or disabled.
    #[error("no such account")]
    OwnerGone,
    /// The database failed.
    #[error("tokens could not be read or written")]
    Store(#[from] StoreError),
    /// Anything else that should not happen.
    #[error("a token's operation failed")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}
