//! Credentials that ended before their time, and those that were used: what auth-service and the others tell each other.

use chrono::{DateTime, Utc};

use crate::{SessionId, TokenId};

/// A session, or a personal access token, whose access tokens are not good any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The `sid` of its access tokens.
    pub session: SessionId,
    /// When the last of them expires by itself: until then it must be remembered.
    pub until: DateTime<Utc>,
}

/// A part of the list of revocations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationPage {
    /// In any order; one may come again.
    pub revocations: Vec<Revocation>,
    /// Asks for what came after. The same as the one that was asked with: there is no more.
    pub cursor: String,
}

/// That a personal access token was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenUse {
    /// Which.
    pub token: TokenId,
    /// When, last.
    pub at: DateTime<Utc>,
}
