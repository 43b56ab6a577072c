//! Rate limits: how often somebody may call an endpoint.
//!
//! A limit is a bucket by the generic cell rate algorithm: so many at once, and then one more each time a share of the
//! window has passed. Two stores keep the buckets. What costs hashing or money is counted in the service's own database,
//! exactly, however many replicas there are; cheap reads are counted in the process.

mod local;
mod quota;
mod settings;
mod strict;
mod subject;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use common::Clock;
use common::repositories::StoreError;

use crate::Tasks;
use crate::settings::{Settings, SettingsError};

pub use local::LocalStore;
pub use quota::{Quota, Verdict};
use settings::LimitSettings;
pub use strict::StrictStore;
pub use subject::Subject;

/// How often buckets that are full again are forgotten.
const SWEEP: Duration = Duration::from_secs(60);

/// Keeps buckets.
#[async_trait]
pub trait RateStore: Send + Sync {
    /// Takes one from the bucket `key`, which has the size and the refill of `quota`, if there is one in it.
    async fn admit(&self, key: &str, quota: Quota) -> Result<Verdict, StoreError>;
    /// Puts back what an admitted call took.
    async fn put_back(&self, key: &str, quota: Quota) -> Result<(), StoreError>;
}

/// The limits of a module. Cheap to clone.
#[derive(Clone)]
pub struct Limits(Option<Arc<Inner>>);

struct Inner {
    settings: LimitSettings,
    strict: Option<StrictStore>,
    local: LocalStore,
}

impl Limits {
    /// As the settings say; `clock` is for what is counted in the process. Without a strict store everything is counted in the process.
    ///
    /// # Errors
    /// A limit is not a number.
    pub fn new(
        settings: &Settings,
        clock: Arc<dyn Clock>,
        strict: Option<StrictStore>,
    ) -> Result<Self, SettingsError> {
        let settings = LimitSettings::from(settings)?;
        if !settings.enabled {
            return Ok(Self(None));
        }
        let local = LocalStore::new(clock);
        Ok(Self(Some(Arc::new(Inner { settings, strict, local }))))
    }

    /// Counts a call of an endpoint; `exact` in the strict store, otherwise in the process. `None`: the operation has no
    /// limit, or limits are off.
    ///
    /// # Errors
    /// The database's. It is not known then whether the call may go on.
    pub async fn check(
        &self,
        operation_id: &str,
        exact: bool,
        subject: Subject,
    ) -> Result<Option<Verdict>, StoreError> {
        let Some(inner) = &self.0 else { return Ok(None) };
        let Some(quota) = inner.settings.quota(operation_id) else { return Ok(None) };
        let store = if exact { inner.exact() } else { &inner.local };
        store.admit(&format!("{operation_id}:{subject}"), quota).await.map(Some)
    }

    /// Counts under a key of one's own, in the strict store: for limits that are not an endpoint's, such as passwords per
    /// account. `None`: limits are off.
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub async fn check_key(&self, key: &str, quota: Quota) -> Result<Option<Verdict>, StoreError> {
        let Some(inner) = &self.0 else { return Ok(None) };
        inner.exact().admit(key, quota).await.map(Some)
    }

    /// Puts back what [`check_key`](Self::check_key) took.
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub async fn put_back_key(&self, key: &str, quota: Quota) -> Result<(), StoreError> {
        let Some(inner) = &self.0 else { return Ok(()) };
        inner.exact().put_back(key, quota).await
    }

    /// Forgets what need not be remembered, from now on until the process stops.
    pub fn start(&self, tasks: &Tasks) {
        let Some(inner) = self.0.clone() else { return };
        tasks.repeat("rate limits", SWEEP, move || {
            let inner = inner.clone();
            async move { inner.sweep().await }
        });
    }
}

impl Inner {
    fn exact(&self) -> &dyn RateStore {
        match &self.strict {
            Some(strict) => strict,
            None => &self.local,
        }
    }

    async fn sweep(&self) {
        self.local.sweep();
        if let Some(strict) = &self.strict
            && let Err(error) = strict.sweep().await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "old buckets stay for now");
        }
    }
}
