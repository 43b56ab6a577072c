use chrono::{DateTime, Utc};
use common::SessionId;
use common::domain::export::AccountRecord;
use serde::Serialize;

use super::audit::EventResponse;
use super::tokens::TokenResponse;
use super::users::UserResponse;

/// One line of all that a user owns.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ExportLine {
    Account(UserResponse),
    #[serde(rename_all = "camelCase")]
    Session {
        id: SessionId,
        user_agent: Option<String>,
        ip: Option<String>,
        created_at: DateTime<Utc>,
        last_seen_at: DateTime<Utc>,
    },
    AccessToken(TokenResponse),
    /// Its own `type` stands in it.
    Event {
        event: EventResponse,
    },
    /// The last line of an export that is whole.
    Complete {
        at: DateTime<Utc>,
    },
}

impl From<AccountRecord> for ExportLine {
    fn from(record: AccountRecord) -> Self {
        match record {
            AccountRecord::Account(user) => Self::Account(user.into()),
            AccountRecord::Session(session) => Self::Session {
                id: session.id,
                user_agent: session.device.user_agent,
                ip: session.device.ip,
                created_at: session.created_at,
                last_seen_at: session.last_seen_at,
            },
            AccountRecord::Token(token) => Self::AccessToken(token.into()),
            AccountRecord::Event(event) => Self::Event { event: event.into() },
        }
    }
}
