//! What one running process is made of before any service is put into it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use common::auth::KeyRing;
use common::{Clock, Ids, SystemClock, SystemEntropy};
use uuid::Uuid;

use crate::Tasks;
use crate::conditions::Conditions;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::revocations::Revocations;
use crate::settings::{self, ServerSettings, Settings, SettingsError};
use crate::traces::Traces;

/// The process: its clock, ids, key ring, revocations, background work, and whether it is draining.
#[derive(Clone)]
pub struct Instance {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Ids,
    /// Signs and verifies tokens.
    pub keys: KeyRing,
    /// The limits of the endpoints that every process has.
    pub limits: Limits,
    /// Sessions that were ended before their access tokens expired.
    pub revocations: Revocations,
    /// Background work.
    pub tasks: Tasks,
    /// What it measures of itself.
    pub metrics: Metrics,
    /// What it has seen of those outside.
    pub conditions: Conditions,
    /// What its steps took, for a collector.
    pub traces: Traces,
    /// Tells this process from its replicas.
    pub id: Uuid,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// Where it runs: `production`, `staging`, …
    pub environment: Arc<str>,
    draining: Arc<AtomicBool>,
}

impl Instance {
    /// A process on the machine's clock, as the settings say.
    ///
    /// # Errors
    /// The secrets are missing or weak.
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        Self::with_clock(settings, Arc::new(SystemClock))
    }

    /// A process on another clock; for tests.
    ///
    /// # Errors
    /// The secrets are missing or weak, or a limit is no number.
    pub fn with_clock(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, SettingsError> {
        let server: ServerSettings = settings.section("server")?;
        let ids = Ids::new(clock.clone(), Arc::new(SystemEntropy));
        Ok(Self {
            keys: settings::key_ring(settings, clock.clone())?,
            limits: Limits::new(settings, clock.clone(), None)?,
            revocations: Revocations::new(clock.clone()),
            metrics: Metrics::new(),
            conditions: Conditions::default(),
            traces: Traces::new(settings)?,
            tasks: Tasks::on_this_runtime(),
            id: ids.next(),
            started_at: clock.now(),
            environment: server.environment.into(),
            draining: Arc::default(),
            ids,
            clock,
        })
    }

    /// From now on the process takes no new work.
    pub fn start_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether it takes no new work.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
