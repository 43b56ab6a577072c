use std::sync::Arc;
use std::time::Duration;

use common::UserId;
use common::domain::api_key::{ApiKey, ApiKeyError, KeyName, UpdatedKeys, Verdict};
use futures_util::future::join_all;
use secrecy::SecretString;
use tokio::time::timeout;

use super::vault::NewKey;
use super::{Models, Rewrapped, Vault};
use crate::providers::KeyCheck;

/// People's own keys, as their owners see them.
pub struct ApiKeys {
    vault: Arc<Vault>,
    models: Arc<Models>,
    /// How long a provider may take to say whether it takes a key.
    patience: Duration,
}

impl ApiKeys {
    pub fn new(vault: Arc<Vault>, models: Arc<Models>, patience: Duration) -> Self {
        Self { vault, models, patience }
    }

    pub async fn list(&self, owner: UserId) -> Result<Vec<ApiKey>, ApiKeyError> {
        Ok(self.vault.list(owner).await?)
    }

    /// Stores keys, but for those that their providers do not take, and deletes where none is given.
    pub async fn update(
        &self,
        owner: UserId,
        wanted: Vec<(KeyName, Option<SecretString>)>,
    ) -> Result<UpdatedKeys, ApiKeyError> {
        let checks = wanted.iter().filter_map(|(name, key)| {
            let key = key.as_ref()?;
            Some(async move { (*name, self.check(*name, key).await) })
        });
        let verdicts = join_all(checks).await;
        let verdict = |name| verdicts.iter().find(|(of, _)| *of == name).map(|(_, said)| *said);
        let wanted: Vec<_> = wanted
            .into_iter()
            .filter(|(name, _)| verdict(*name) != Some(Verdict::Rejected))
            .map(|(name, key)| {
                let is_verified = verdict(name) == Some(Verdict::Works);
                (name, key.map(|key| NewKey { key, is_verified }))
            })
            .collect();
        let updated = wanted.iter().map(|(name, _)| *name).collect();
        self.vault.update(owner, wanted).await?;
        Ok(UpdatedKeys { updated, verdicts })
    }

    pub async fn delete(&self, owner: UserId, name: KeyName) -> Result<(), ApiKeyError> {
        let deleted = self.vault.update(owner, vec![(name, None)]).await?;
        if deleted.is_empty() { Err(ApiKeyError::NotFound) } else { Ok(()) }
    }

    /// Brings the wrapping of all keys up to date at once, which is otherwise done in the background.
    pub async fn rewrap(&self) -> Result<Rewrapped, ApiKeyError> {
        self.vault.rewrap().await
    }

    /// What the provider says of a key, asked once.
    async fn check(&self, name: KeyName, key: &SecretString) -> Verdict {
        // One that is configured nowhere cannot be asked.
        let Some(provider) = self.models.provider(name) else { return Verdict::Unknown };
        match timeout(self.patience, provider.validate(key)).await {
            Ok(KeyCheck::Valid) => Verdict::Works,
            Ok(KeyCheck::Rejected) => Verdict::Rejected,
            Ok(KeyCheck::Unreachable) | Err(_) => Verdict::Unknown,
        }
    }
}
