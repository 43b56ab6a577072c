use std::sync::Arc;
use std::time::Duration;

use common::domain::api_key::ApiKeyError;
use common::domain::data_key::DataKey;
use common::repositories::DataKeyRepository;
use common::{Clock, DataKeyId, Entropy, Ids};
use moka::future::Cache;
use platform::sealing::Sealer;
use secrecy::SecretSlice;

use super::key_wrapper::{KeyWrapper, WrapError};

/// How many secrets one data key seals. Random nonces are sound for 2³²; fewer make less of a key that gets out.
const SEALS: u32 = 1 << 16;
/// How long an unwrapped data key is kept in memory. So long nobody notices that who wraps them does not answer.
const KEEP: Duration = Duration::from_secs(300);
const KEPT: u64 = 1_000;
/// How many are read at a time to be wrapped anew.
const BATCH: u32 = 100;

/// Seals and opens under data keys, which it keeps unwrapped for a while.
pub struct DataKeys {
    keys: Arc<dyn DataKeyRepository>,
    wrapper: Arc<dyn KeyWrapper>,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
    ids: Ids,
    unwrapped: Cache<DataKeyId, Sealer>,
    seals: u32,
}

/// What came of wrapping data keys anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrapped {
    /// How many were.
    pub rewrapped: u64,
    /// How many are still wrapped by another key.
    pub left: u64,
}

impl DataKeys {
    pub fn new(
        keys: Arc<dyn DataKeyRepository>,
        wrapper: Arc<dyn KeyWrapper>,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
        ids: Ids,
    ) -> Self {
        let unwrapped = Cache::builder().max_capacity(KEPT).time_to_live(KEEP).build();
        Self { keys, wrapper, entropy, clock, ids, unwrapped, seals: SEALS }
    }

    /// Seals `plain` for `context`; under which data key.
    pub async fn seal(
        &self,
        context: &[&str],
        plain: &[u8],
    ) -> Result<(DataKeyId, Vec<u8>), ApiKeyError> {
        let (id, sealer) = self.one_to_seal().await?;
        Ok((id, sealer.seal(context, plain).map_err(internal)?))
    }

    /// Opens what was sealed for `context` under a data key.
    pub async fn open(
        &self,
        id: DataKeyId,
        context: &[&str],
        sealed: &[u8],
    ) -> Result<SecretSlice<u8>, ApiKeyError> {
        let sealer = match self.unwrapped.get(&id).await {
            Some(sealer) => sealer,
            None => {
                let key = self.keys.find(id).await?.ok_or(ApiKeyError::Unreadable)?;
                self.unwrap(&key).await?
            }
        };
        sealer.open(context, sealed).map_err(|_| ApiKeyError::Unreadable)
    }

    /// Wraps those anew that another key wraps than now would. Each is a step of its own: what is left undone is done the next
    /// time, and several processes may do it at once.
    pub async fn rewrap(&self) -> Result<Rewrapped, ApiKeyError> {
        let current = self.wrapper.current();
        let (mut after, mut rewrapped) = (None, 0);
        loop {
            let batch = self.keys.wrapped_otherwise(current, after, BATCH).await?;
            let Some(last) = batch.last() else { break };
            after = Some(last.id);
            for key in batch {
                rewrapped += u64::from(self.rewrap_one(key).await?);
            }
        }
        Ok(Rewrapped { rewrapped, left: self.keys.count_wrapped_otherwise(current).await? })
    }

    async fn rewrap_one(&self, key: DataKey) -> Result<bool, ApiKeyError> {
        let plain = match self.wrapper.unwrap(key.id, &key.wrapped).await {
            Ok(plain) => plain,
            Err(WrapError::Refused(error)) => {
                let (data_key, wrapping_key) = (key.id, key.wrapping_key);
                tracing::error!(%data_key, wrapping_key, %error, "a data key cannot be unwrapped");
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        let wrapped = self.wrapper.wrap(key.id, &plain).await?;
        let anew = DataKey { wrapped, wrapping_key: self.wrapper.current().to_owned(), ..key };
        Ok(self.keys.rewrap(&anew, &key.wrapped).await?)
    }

    /// The newest data key, or another where that is full or cannot be read.
    async fn one_to_seal(&self) -> Result<(DataKeyId, Sealer), ApiKeyError> {
        if let Some(key) = self.keys.take(self.seals).await? {
            match self.unwrap(&key).await {
                Ok(sealer) => return Ok((key.id, sealer)),
                Err(ApiKeyError::Unreadable) => {
                    tracing::error!(data_key = %key.id, "a data key cannot be unwrapped");
                }
                Err(error) => return Err(error),
            }
        }
        let mut plain = vec![0; 32];
        self.entropy.fill(&mut plain);
        let (id, plain) = (self.ids.next(), SecretSlice::from(plain));
        let key = DataKey {
            id,
            wrapped: self.wrapper.wrap(id, &plain).await?,
            wrapping_key: self.wrapper.current().to_owned(),
            created_at: self.clock.now(),
        };
        self.keys.insert(&key).await?;
        Ok((id, self.sealer(id, &plain)?))
    }

    async fn unwrap(&self, key: &DataKey) -> Result<Sealer, ApiKeyError> {
        let plain = self.wrapper.unwrap(key.id, &key.wrapped).await?;
        let sealer = self.sealer(key.id, &plain)?;
        self.unwrapped.insert(key.id, sealer.clone()).await;
        Ok(sealer)
    }

    fn sealer(&self, id: DataKeyId, key: &SecretSlice<u8>) -> Result<Sealer, ApiKeyError> {
        Sealer::of(id.to_string(), key, self.entropy.clone()).map_err(internal)
    }
}

impl From<WrapError> for ApiKeyError {
    fn from(error: WrapError) -> Self {
        match error {
            WrapError::Refused(_) => Self::Unreadable,
            WrapError::Unavailable(cause) => Self::Unavailable(cause),
        }
    }
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> ApiKeyError {
    ApiKeyError::Internal(Box::new(error))
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicBool, Ordering};

    use async_trait::async_trait;
    use common::repositories::StoreError;
    use common::{ManualClock, SystemEntropy};
    use parking_lot::Mutex;
    use secrecy::ExposeSecret;

    use super::*;

    /// Data keys in memory, with how many secrets each has sealed.
    #[derive(Default)]
    pub struct Kept(Mutex<Vec<(DataKey, u32)>>);

    #[async_trait]
    impl DataKeyRepository for Kept {
        async fn find(&self, id: DataKeyId) -> Result<Option<DataKey>, StoreError> {
            let kept = self.0.lock();
            Ok(kept.iter().find(|(key, _)| key.id == id).map(|(key, _)| key.clone()))
        }

        async fn take(&self, limit: u32) -> Result<Option<DataKey>, StoreError> {
            let mut kept = self.0.lock();
            let newest = kept.last_mut().filter(|(_, seals)| *seals < limit);
            Ok(newest.map(|(key, seals)| {
                *seals += 1;
                key.clone()
            }))
        }

        async fn insert(&self, key: &DataKey) -> Result<(), StoreError> {
            self.0.lock().push((key.clone(), 1));
            Ok(())
        }

        async fn wrapped_otherwise(
            &self,
            _: &str,
            _: Option<DataKeyId>,
            _: u32,
        ) -> Result<Vec<DataKey>, StoreError> {
            Ok(Vec::new())
        }

        async fn count_wrapped_otherwise(&self, _: &str) -> Result<u64, StoreError> {
            Ok(0)
        }

        async fn rewrap(&self, _: &DataKey, _: &[u8]) -> Result<bool, StoreError> {
            Ok(false)
        }
    }

    /// A key management service that can be away. It wraps by turning every bit.
    #[derive(Default)]
    pub struct Remote {
        is_away: AtomicBool,
    }

    impl Remote {
        fn turn(&self, bytes: &[u8]) -> Result<Vec<u8>, WrapError> {
            if self.is_away.load(Ordering::Relaxed) {
                return Err(WrapError::Unavailable("it does not answer".into()));
            }
            Ok(bytes.iter().map(|byte| !byte).collect())
        }
    }

    #[async_trait]
    impl KeyWrapper for Remote {
        fn current(&self) -> &str {
            "remote"
        }

        async fn wrap(&self, _: DataKeyId, key: &SecretSlice<u8>) -> Result<Vec<u8>, WrapError> {
            self.turn(key.expose_secret())
        }

        async fn unwrap(&self, _: DataKeyId, key: &[u8]) -> Result<SecretSlice<u8>, WrapError> {
            self.turn(key).map(Into::into)
        }
    }

    pub fn a_clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH))
    }

    pub fn over(kept: &Arc<Kept>, remote: &Arc<Remote>) -> DataKeys {
        let ids = Ids::new(a_clock(), Arc::new(SystemEntropy));
        DataKeys::new(kept.clone(), remote.clone(), Arc::new(SystemEntropy), a_clock(), ids)
    }

    #[tokio::test]
    async fn a_key_seals_so_many_and_no_nonce_comes_twice() {
        let (kept, remote) = (Arc::<Kept>::default(), Arc::<Remote>::default());
        let replicas = [over(&kept, &remote), over(&kept, &remote), over(&kept, &remote)]
            .map(|keys| DataKeys { seals: 1_000, ..keys });
        let mut nonces = HashSet::new();
        for round in 0..3_500 {
            let (id, sealed) = replicas[round % 3].seal(&["x"], b"secret").await.unwrap();
            let header = 2 + id.to_string().len();
            assert!(nonces.insert((id, sealed[header..header + 12].to_vec())));
        }
        let seals: Vec<u32> = kept.0.lock().iter().map(|(_, seals)| *seals).collect();
        assert_eq!(seals, [1_000, 1_000, 1_000, 500]);
    }

    #[tokio::test]
    async fn what_is_unwrapped_serves_while_the_wrapping_key_cannot_be_had() {
        let (kept, remote) = (Arc::<Kept>::default(), Arc::<Remote>::default());
        let warm = over(&kept, &remote);
        let (id, sealed) = warm.seal(&["x"], b"secret").await.unwrap();
        warm.open(id, &["x"], &sealed).await.unwrap();
        remote.is_away.store(true, Ordering::Relaxed);
        assert_eq!(warm.open(id, &["x"], &sealed).await.unwrap().expose_secret(), b"secret");
        let cold = over(&kept, &remote).open(id, &["x"], &sealed).await.unwrap_err();
        assert!(matches!(cold, ApiKeyError::Unavailable(_)), "{cold:?}");
        let cold = over(&kept, &remote).seal(&["x"], b"secret").await.unwrap_err();
        assert!(matches!(cold, ApiKeyError::Unavailable(_)), "{cold:?}");
    }

    #[tokio::test]
    async fn a_data_key_that_is_gone_or_another_opens_nothing() {
        let (kept, remote) = (Arc::<Kept>::default(), Arc::<Remote>::default());
        let keys = over(&kept, &remote);
        let (id, sealed) = keys.seal(&["x"], b"secret").await.unwrap();
        let (other, _) =
            DataKeys { seals: 1, ..over(&kept, &remote) }.seal(&["x"], b"other").await.unwrap();
        assert_ne!(id, other);
        let missing = uuid::Uuid::nil().into();
        for (id, context) in [(other, "x"), (missing, "x"), (id, "y")] {
            let refused = keys.open(id, &[context], &sealed).await.unwrap_err();
            assert!(matches!(refused, ApiKeyError::Unreadable), "{refused:?}");
        }
    }
}
