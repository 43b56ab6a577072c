use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::LoadJobId;
use crate::domain::load_job::{LoadJob, LoadStatus, LoadStep};
use crate::domain::message::Lease;

/// Load jobs in a database. They are nobody's: what is loaded is loaded for all. Leases are kept by the database's clock,
/// which all replicas share.
#[async_trait]
pub trait LoadJobRepository: Send + Sync {
    /// Stores a new job, held with `lease`, unless one of its model is running: then that one is given back.
    async fn begin(&self, job: &LoadJob, lease: Lease) -> Result<LoadJob, StoreError>;
    /// The job of an id.
    async fn find(&self, id: LoadJobId) -> Result<Option<LoadJob>, StoreError>;
    /// A model's newest job, or its newest of a status.
    async fn newest(
        &self,
        model: &str,
        status: Option<LoadStatus>,
    ) -> Result<Option<LoadJob>, StoreError>;
    /// Takes up a running job that nobody is at.
    async fn take_up(&self, lease: Lease) -> Result<Option<LoadJob>, StoreError>;
    /// Stores how far a job is, and renews its lease; whether it is still the holder's.
    async fn step(&self, id: LoadJobId, lease: Lease, step: &LoadStep) -> Result<bool, StoreError>;
    /// Lets go of a job, which somebody is to take up after a pause.
    async fn let_go(
        &self,
        id: LoadJobId,
        lease: Lease,
        pause: Duration,
        step: &LoadStep,
    ) -> Result<(), StoreError>;
    /// Ends a job.
    async fn end(
        &self,
        id: LoadJobId,
        lease: Lease,
        status: LoadStatus,
        step: &LoadStep,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;
    /// Deletes jobs that ended before then.
    async fn delete_ended(&self, before: DateTime<Utc>) -> Result<u64, StoreError>;
}
