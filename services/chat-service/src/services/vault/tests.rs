use async_trait::async_trait;
use common::SystemEntropy;
use common::domain::api_key::KeyUse;
use parking_lot::Mutex;

use super::*;
use crate::services::data_keys::tests::{a_clock, over};

const CANARY: &str = "sk-canary-0123456789-abcd";

/// Keys in memory.
#[derive(Default)]
struct Kept {
    keys: Mutex<Vec<ApiKey>>,
    uses: Mutex<Vec<KeyUse>>,
    is_away: Mutex<bool>,
}

#[async_trait]
impl ApiKeyRepository for Kept {
    async fn list(&self, owner: UserId) -> Result<Vec<ApiKey>, StoreError> {
        Ok(self.keys.lock().iter().filter(|key| key.owner == owner).cloned().collect())
    }

    async fn update(
        &self,
        _: UserId,
        changes: &[KeyChange],
    ) -> Result<Option<Vec<KeyName>>, StoreError> {
        self.keys.lock().extend(changes.iter().filter_map(|change| change.key.clone()));
        Ok(Some(changes.iter().map(|change| change.event.name).collect()))
    }

    async fn note(&self, uses: &[KeyUse]) -> Result<(), StoreError> {
        if *self.is_away.lock() {
            return Err(StoreError::Unavailable("it does not answer".into()));
        }
        self.uses.lock().extend_from_slice(uses);
        Ok(())
    }

    async fn delete(&self, _: UserId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn purge(&self, _: DateTime<Utc>) -> Result<u64, StoreError> {
        Ok(0)
    }
}

fn ada() -> UserId {
    uuid::Uuid::from_u128(1).into()
}

/// A vault with a key of Ada's for OpenAI.
async fn a_vault() -> (Arc<Kept>, Vault) {
    let kept = Arc::<Kept>::default();
    let ids = Ids::new(a_clock(), Arc::new(SystemEntropy));
    let data_keys = over(&Arc::default(), &Arc::default());
    let vault = Vault::new(kept.clone(), data_keys, a_clock(), ids);
    let new = NewKey { key: CANARY.into(), is_verified: true };
    vault.update(ada(), vec![(KeyName::Openai, Some(new))]).await.unwrap();
    (kept, vault)
}

#[tokio::test]
async fn every_changed_bit_and_every_missing_byte_is_noticed() {
    let (kept, vault) = a_vault().await;
    let key = kept.keys.lock()[0].clone();
    let unseal = async |key: &ApiKey| vault.unseal(key.owner, key).await;
    assert_eq!(unseal(&key).await.unwrap().expose_secret(), CANARY);
    for bit in 0..key.sealed.len() * 8 {
        let mut changed = key.clone();
        changed.sealed[bit / 8] ^= 1 << (bit % 8);
        assert!(unseal(&changed).await.is_err(), "bit {bit}");
    }
    for length in 0..key.sealed.len() {
        let cut = ApiKey { sealed: key.sealed[..length].to_vec(), ..key.clone() };
        assert!(unseal(&cut).await.is_err(), "{length} bytes");
    }
    let other = uuid::Uuid::from_u128(2);
    for moved in [
        ApiKey { owner: other.into(), ..key.clone() },
        ApiKey { name: KeyName::Openrouter, ..key.clone() },
        ApiKey { id: other.into(), ..key.clone() },
        ApiKey { data_key: other.into(), ..key.clone() },
    ] {
        assert!(matches!(unseal(&moved).await, Err(ApiKeyError::Unreadable)), "{moved:?}");
    }
}

#[tokio::test]
async fn a_use_is_noted_without_waiting_and_written_once() {
    let (kept, vault) = a_vault().await;
    *kept.is_away.lock() = true;
    for _ in 0..250 {
        vault.open(ada(), KeyName::Openai).await.unwrap().unwrap();
    }
    assert!(vault.open(ada(), KeyName::Claude).await.unwrap().is_none());
    vault.write_uses().await;
    *kept.is_away.lock() = false;
    vault.write_uses().await;
    vault.write_uses().await;
    let uses = kept.uses.lock();
    assert_eq!(uses.len(), 250);
    assert!(uses.iter().all(|one| one.event.kind == KeyEventKind::Used));
}

#[tokio::test]
async fn nothing_shows_a_key() {
    let (kept, vault) = a_vault().await;
    let opened = vault.open(ada(), KeyName::Openai).await.unwrap();
    let shown = format!("{opened:?} {:?}", kept.keys.lock());
    assert!(!shown.contains("canary") && shown.contains("REDACTED"), "{shown}");
    let plain = CANARY.as_bytes();
    let sealed = &kept.keys.lock()[0].sealed;
    assert!(!sealed.windows(4).any(|four| plain.windows(4).any(|other| other == four)));
}
