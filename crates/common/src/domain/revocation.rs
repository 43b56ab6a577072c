//! Credentials that ended before their time, and those that were used: what auth-service and the others tell each other.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::auth::KeyRing;
use crate::domain::audit::AuditEvent;
use crate::repositories::StoreError;
use crate::{MalformedCursor, Position, SessionId, TokenId};

const LIST: &str = "revocations";

/// A session, or a personal access token, whose access tokens are not good any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The `sid` of its access tokens.
    pub session: SessionId,
    /// When the last of them expires by itself: until then it must be remembered.
    pub until: DateTime<Utc>,
}

impl Revocation {
    /// How long longer than the last token's expiry: the clocks of who signs, who verifies and who forgets may each differ by
    /// the leeway. And whoever ends a session may have waited so long for the database that a refresh which began later was
    /// quicker, and its token lasts longer.
    pub const MARGIN: TimeDelta = TimeDelta::seconds(2 * KeyRing::LEEWAY.num_seconds() + 30);
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

/// How far the list was read: the number of a row, and when that was written by the database's clock (microseconds).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RevocationCursor {
    /// The row's number.
    pub number: i64,
    /// When it was written.
    pub written_at: i64,
}

/// The end of one session or more: what the owner's log says of it, and when the last access token is over by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Its time is the sessions' end.
    pub event: AuditEvent,
    /// When the last access token is over.
    pub until: DateTime<Utc>,
}

/// Why revocations cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// The cursor is none.
    #[error(transparent)]
    MalformedCursor(#[from] MalformedCursor),
    /// The database failed.
    #[error("revocations could not be read")]
    Store(#[from] StoreError),
}

impl RevocationCursor {
    /// As it is handed out.
    pub fn encode(self) -> String {
        let written_at = Uuid::from_u128(u128::from(self.written_at.unsigned_abs()));
        Position { key: self.number, id: written_at }.encode(LIST)
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// The text was not made so.
    pub fn decode(text: &str) -> Result<Self, MalformedCursor> {
        let place = Position::decode(text, LIST)?;
        let written_at = i64::try_from(place.id.as_u128()).map_err(|_| MalformedCursor)?;
        Ok(Self { number: place.key, written_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_others_do_not() {
        let cursor = RevocationCursor { number: 7, written_at: 1_800_000_000_000_000 };
        assert_eq!(RevocationCursor::decode(&cursor.encode()), Ok(cursor));
        let start = RevocationCursor::default();
        assert_eq!(RevocationCursor::decode(&start.encode()), Ok(start));
        for other in ["", "x", &cursor.encode()[1..]] {
            assert!(RevocationCursor::decode(other).is_err(), "{other}");
        }
    }
}
