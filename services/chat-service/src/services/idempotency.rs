use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use common::UserId;
use common::domain::idempotency::RequestKey;
use common::domain::message::{Message, MessageError};
use common::repositories::{IdempotencyRepository, MessageRepository};

/// For how long a key is remembered.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// What an earlier send with the same key began, as it is stored.
#[derive(Debug)]
pub struct EarlierTurn {
    pub owner: UserId,
    pub user_message: Message,
    /// In the order of the models that were asked.
    pub replies: Vec<Message>,
}

/// Finds what was sent before, by the keys that clients give their sends.
pub struct EarlierSends {
    keys: Arc<dyn IdempotencyRepository>,
    messages: Arc<dyn MessageRepository>,
}

impl EarlierSends {
    pub fn new(keys: Arc<dyn IdempotencyRepository>, messages: Arc<dyn MessageRepository>) -> Self {
        Self { keys, messages }
    }

    /// What an earlier send with this key began; `None` also where no key is given.
    ///
    /// # Errors
    /// `IdempotencyMismatch` if it asked for something else, or the database's.
    pub async fn find(
        &self,
        owner: UserId,
        key: Option<&RequestKey>,
    ) -> Result<Option<Box<EarlierTurn>>, MessageError> {
        let Some(RequestKey { key, fingerprint }) = key else { return Ok(None) };
        let Some(earlier) = self.keys.find(owner, key).await? else { return Ok(None) };
        if earlier.fingerprint != *fingerprint {
            return Err(MessageError::IdempotencyMismatch);
        }
        // A conversation that is deleted in between takes all of it along.
        let message = async |id| self.messages.find(owner, id).await?.ok_or(MessageError::NotFound);
        let user_message = message(earlier.user_message).await?;
        let mut replies = Vec::with_capacity(earlier.replies.len());
        for reply in earlier.replies {
            replies.push(message(reply).await?);
        }
        Ok(Some(Box::new(EarlierTurn { owner, user_message, replies })))
    }

    /// Forgets keys that are too old.
    pub async fn keep_house(&self, now: DateTime<Utc>) {
        if let Err(error) = self.keys.delete_before(now - KEPT).await {
            tracing::warn!(%error, "old idempotency keys are not deleted");
        }
    }
}
