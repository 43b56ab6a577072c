use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use common::domain::api_key::{
    ApiKey, ApiKeyError, KeyChange, KeyEvent, KeyEventKind, KeyName, last_four,
};
use common::domain::preferences::{KeyStatus, KeyStatuses};
use common::repositories::{ApiKeyRepository, StoreError};
use common::{ApiKeyId, Clock, Ids, UserId};
use moka::future::Cache;
use secrecy::{ExposeSecret, SecretString};

use super::data_keys::{DataKeys, Rewrapped};
use super::key_uses::KeyUses;

/// How long a person's keys are kept as they were read, still sealed: a change that another replica makes is seen so much later.
const KEEP: Duration = Duration::from_secs(3);
const KEPT: u64 = 10_000;

/// People's own keys: sealed when they are stored, opened when a model is asked.
pub struct Vault {
    keys: Arc<dyn ApiKeyRepository>,
    data_keys: DataKeys,
    uses: KeyUses,
    kept: Cache<(u64, UserId), Arc<[ApiKey]>>,
    /// How often this process has changed keys. What was kept before a change is not looked at after it.
    changes: AtomicU64,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

/// A key to be stored, and whether its provider takes it.
pub struct NewKey {
    pub key: SecretString,
    pub is_verified: bool,
}

impl Vault {
    pub fn new(
        keys: Arc<dyn ApiKeyRepository>,
        data_keys: DataKeys,
        clock: Arc<dyn Clock>,
        ids: Ids,
    ) -> Self {
        Self {
            uses: KeyUses::new(keys.clone(), clock.clone(), ids.clone()),
            keys,
            data_keys,
            kept: Cache::builder().max_capacity(KEPT).time_to_live(KEEP).build(),
            changes: AtomicU64::new(0),
            clock,
            ids,
        }
    }

    /// Somebody's keys as they are stored, with what this process has used of them.
    pub async fn list(&self, owner: UserId) -> Result<Vec<ApiKey>, StoreError> {
        self.uses.write().await;
        self.keys.list(owner).await
    }

    /// Which keys somebody has.
    pub async fn statuses(&self, owner: UserId) -> Result<KeyStatuses, StoreError> {
        let status = |key: ApiKey| KeyStatus { configured: true, last_used: key.last_used };
        Ok(self.list(owner).await?.into_iter().map(|key| (key.name, status(key))).collect())
    }

    /// For which providers somebody has a key, as of some seconds ago at most.
    pub async fn names(&self, owner: UserId) -> Result<Vec<KeyName>, StoreError> {
        Ok(self.kept(owner).await?.iter().map(|key| key.name).collect())
    }

    /// Somebody's key for a provider, to be used now.
    pub async fn open(
        &self,
        owner: UserId,
        name: KeyName,
    ) -> Result<Option<SecretString>, ApiKeyError> {
        let kept = self.kept(owner).await?;
        let Some(key) = kept.iter().find(|key| key.name == name) else { return Ok(None) };
        let opened = self.unseal(owner, key).await;
        match &opened {
            Ok(_) => self.uses.note(key, KeyEventKind::Used),
            Err(ApiKeyError::Unreadable) => {
                tracing::error!(user_id = %owner, provider = name.as_str(), "a key cannot be opened");
                self.uses.note(key, KeyEventKind::Unreadable);
            }
            Err(_) => {}
        }
        opened.map(Some)
    }

    /// Stores keys, each in the place of the one for the same provider, and deletes where none is given; what that changed. In
    /// the order of the names: two changes at once must not wait for each other.
    pub async fn update(
        &self,
        owner: UserId,
        mut wanted: Vec<(KeyName, Option<NewKey>)>,
    ) -> Result<Vec<KeyName>, ApiKeyError> {
        wanted.sort_by_key(|(name, _)| *name);
        let mut changes = Vec::with_capacity(wanted.len());
        for (name, key) in wanted {
            let at = self.clock.now();
            let kind = if key.is_some() { KeyEventKind::Stored } else { KeyEventKind::Deleted };
            let event = KeyEvent { id: self.ids.next(), owner, name, kind, at };
            let key = match key {
                Some(key) => Some(self.seal(owner, name, &key, at).await?),
                None => None,
            };
            changes.push(KeyChange { event, key });
        }
        let changed = self.keys.update(owner, &changes).await;
        // Also after a failure, which may have come after the commit.
        self.changes.fetch_add(1, Ordering::SeqCst);
        changed?.ok_or(ApiKeyError::OwnerGone)
    }

    /// Deletes all that there is of somebody. Safe to repeat.
    pub async fn forget(&self, owner: UserId) -> Result<(), StoreError> {
        let forgotten = self.keys.delete(owner).await;
        self.changes.fetch_add(1, Ordering::SeqCst);
        forgotten
    }

    /// Writes what was used since the last time.
    pub async fn write_uses(&self) {
        self.uses.write().await;
    }

    /// Wraps data keys anew where the wrapping key has changed; what came of it.
    pub async fn rewrap(&self) -> Result<Rewrapped, ApiKeyError> {
        self.data_keys.rewrap().await
    }

    /// Wraps data keys anew where the wrapping key has changed, and forgets what happened before a time. What fails is tried
    /// again the next time.
    pub async fn keep_house(&self, events_before: DateTime<Utc>) {
        match self.rewrap().await {
            Ok(Rewrapped { rewrapped: 0, left: 0 }) => {}
            Ok(Rewrapped { rewrapped, left }) => {
                tracing::info!(rewrapped, left, "data keys were wrapped anew");
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "data keys could not be wrapped anew");
            }
        }
        match self.keys.purge(events_before).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "deleted old events of keys"),
            Err(error) => tracing::warn!(%error, "old events of keys could not be deleted"),
        }
    }

    async fn kept(&self, owner: UserId) -> Result<Arc<[ApiKey]>, StoreError> {
        // Read before the database is: what a change makes old is kept under a number that nobody asks for any more.
        let place = (self.changes.load(Ordering::SeqCst), owner);
        if let Some(kept) = self.kept.get(&place).await {
            return Ok(kept);
        }
        let read: Arc<[ApiKey]> = self.keys.list(owner).await?.into();
        self.kept.insert(place, read.clone()).await;
        Ok(read)
    }

    async fn seal(
        &self,
        owner: UserId,
        name: KeyName,
        NewKey { key, is_verified }: &NewKey,
        at: DateTime<Utc>,
    ) -> Result<ApiKey, ApiKeyError> {
        let id: ApiKeyId = self.ids.next();
        let (owner_text, id_text) = (owner.to_string(), id.to_string());
        let context = context(&owner_text, name, &id_text);
        let (data_key, sealed) =
            self.data_keys.seal(&context, key.expose_secret().as_bytes()).await?;
        Ok(ApiKey {
            id,
            owner,
            name,
            data_key,
            sealed,
            last_four: last_four(key),
            is_verified: *is_verified,
            created_at: at,
            last_used: None,
        })
    }

    async fn unseal(&self, owner: UserId, key: &ApiKey) -> Result<SecretString, ApiKeyError> {
        let (owner, id) = (owner.to_string(), key.id.to_string());
        let context = context(&owner, key.name, &id);
        let plain = self.data_keys.open(key.data_key, &context, &key.sealed).await?;
        let plain = String::from_utf8(plain.expose_secret().to_vec());
        plain.map(SecretString::from).map_err(|_| ApiKeyError::Unreadable)
    }
}

/// What a sealed key opens for: its owner, its provider, and itself and no other that was stored in its place.
fn context<'a>(owner: &'a str, name: KeyName, id: &'a str) -> [&'a str; 4] {
    ["api_key", owner, name.as_str(), id]
}

#[cfg(test)]
mod tests;
