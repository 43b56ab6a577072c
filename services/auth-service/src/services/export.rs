//! All that a user owns, collected from the three services while it is sent.

use std::sync::Arc;

use chrono::DateTime;
use common::domain::export::AccountRecord;
use common::domain::session::Alive;
use common::domain::user::UserError;
use common::repositories::{AuditRepository, SessionRepository, StoreError, TokenRepository};
use common::{Clock, UserId};
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use platform::pages;
use tokio::try_join;

use super::{AccountData, Lines, Users};

const PAGE: u32 = 100;

/// Reads all that a user owns.
#[derive(Clone)]
pub struct Export {
    users: Arc<Users>,
    sessions: Arc<dyn SessionRepository>,
    tokens: Arc<dyn TokenRepository>,
    events: Arc<dyn AuditRepository>,
    projects: Arc<dyn AccountData>,
    chat: Arc<dyn AccountData>,
    clock: Arc<dyn Clock>,
}

/// What [`Export`] stands on.
pub struct ExportParts {
    pub users: Arc<Users>,
    pub sessions: Arc<dyn SessionRepository>,
    pub tokens: Arc<dyn TokenRepository>,
    pub events: Arc<dyn AuditRepository>,
    pub projects: Arc<dyn AccountData>,
    pub chat: Arc<dyn AccountData>,
}

/// Why an export does not begin.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A sibling does not answer.
    #[error("a sibling does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The account is gone, or cannot be read.
    #[error(transparent)]
    User(#[from] UserError),
}

impl Export {
    pub fn new(parts: ExportParts, clock: Arc<dyn Clock>) -> Self {
        let ExportParts { users, sessions, tokens, events, projects, chat } = parts;
        Self { users, sessions, tokens, events, projects, chat, clock }
    }

    /// What the siblings have of a user. Both have answered by then.
    pub async fn of_siblings(&self, user: UserId) -> Result<Lines, ExportError> {
        let both = try_join!(self.projects.export_of_user(user), self.chat.export_of_user(user));
        let (projects, chat) = both.map_err(ExportError::Unavailable)?;
        Ok(projects.chain(chat).boxed())
    }

    /// What is kept of a user here: the account, where it is signed in, its tokens, and what happened to it.
    pub async fn records(
        &self,
        user: UserId,
    ) -> Result<impl Stream<Item = Result<AccountRecord, StoreError>> + use<>, ExportError> {
        let account = self.users.get(user).await?;
        let (sessions, tokens, events) =
            (self.sessions.clone(), self.tokens.clone(), self.events.clone());
        let (now, ever) = (self.clock.now(), DateTime::UNIX_EPOCH);
        let alive = Alive { begun_after: ever, seen_after: ever };
        let sessions = pages(PAGE, move |page| {
            let sessions = sessions.clone();
            async move { sessions.list(user, alive, page).await }
        });
        let tokens = pages(PAGE, move |page| {
            let tokens = tokens.clone();
            async move { tokens.list(user, now, page).await }
        });
        let events = pages(PAGE, move |page| {
            let events = events.clone();
            async move { events.list(user, page).await }
        });
        Ok(stream::iter([Ok(AccountRecord::Account(account))])
            .chain(sessions.map_ok(AccountRecord::Session))
            .chain(tokens.map_ok(AccountRecord::Token))
            .chain(events.map_ok(AccountRecord::Event)))
    }
}
