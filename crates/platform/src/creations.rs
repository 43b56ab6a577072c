//! Requests that make something once, however often they are sent, since their client gives them a key.

use std::sync::Arc;

use chrono::TimeDelta;
use common::domain::idempotency::{Creation, CreationError, RequestKey};
use common::repositories::CreationRepository;
use common::{Clock, UserId};

/// For how long a key is remembered.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// Finds what was made before, by the keys that clients give their requests.
#[derive(Clone)]
pub struct EarlierCreations {
    creations: Arc<dyn CreationRepository>,
    clock: Arc<dyn Clock>,
}

impl EarlierCreations {
    /// What is in `creations`.
    pub fn new(creations: Arc<dyn CreationRepository>, clock: Arc<dyn Clock>) -> Self {
        Self { creations, clock }
    }

    /// What an earlier request with this key has made; `None` also where no key is given.
    ///
    /// # Errors
    /// `Mismatch` if it asked for something else, or the database's.
    pub async fn find(
        &self,
        owner: UserId,
        key: Option<&RequestKey>,
    ) -> Result<Option<Creation>, CreationError> {
        let Some(RequestKey { key, fingerprint }) = key else { return Ok(None) };
        match self.creations.find(owner, key).await? {
            Some(earlier) if earlier.fingerprint != *fingerprint => Err(CreationError::Mismatch),
            earlier => Ok(earlier),
        }
    }

    /// Forgets keys that are too old.
    pub async fn keep_house(&self) {
        if let Err(error) = self.creations.delete_before(self.clock.now() - KEPT).await {
            tracing::warn!(%error, "old idempotency keys are not deleted");
        }
    }
}
