//! Load jobs: making a model ready on the server that runs it. A job is nobody's: whoever asks for a model that is being
//! loaded is told of the same job. It outlives who asked for it, and the process that is at it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::LoadJobId;
use crate::repositories::StoreError;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadStatus {
    /// It is being done, or will go on when a process takes it up.
    Loading,
    /// The model can be asked.
    Loaded,
    /// It was given up.
    Error,
}

/// Where a model stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadState {
    /// Its server does not have it, and would have to fetch it.
    Absent,
    /// It must be loaded first.
    NotLoaded,
    /// It is being loaded.
    Loading,
    /// It can be asked.
    Loaded,
    /// It could not be loaded.
    Error,
    /// Its provider cannot be reached, or not by this person.
    Unavailable,
}

/// How ready a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelStatus {
    /// Its id in the API.
    pub model: String,
    /// Where it stands.
    pub state: LoadState,
    /// How much of its loading is done, in hundredths, where that means something.
    pub percent: Option<u8>,
    /// How much memory it takes, in bytes.
    pub memory_bytes: Option<u64>,
    /// When it was last loaded here.
    pub last_loaded: Option<DateTime<Utc>>,
    /// How long that took, in seconds.
    pub took_seconds: Option<u64>,
}

/// Why a model is not made ready.
#[derive(Debug, thiserror::Error)]
pub enum LoadJobError {
    /// There is no such model, or no such job of it.
    #[error("no such model or job")]
    NotFound,
    /// Its provider loads nothing.
    #[error("nothing to load")]
    NothingToLoad,
    /// Its server does not have it, and nothing may be fetched.
    #[error("nothing may be fetched")]
    FetchForbidden,
    /// Its server does not answer.
    #[error("the model's server cannot be reached")]
    Unreachable,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadJob {
    /// Its id.
    pub id: LoadJobId,
    /// The model's id in the API.
    pub model: String,
    /// Where it stands.
    pub status: LoadStatus,
    /// How much of it is done, in hundredths; starts afresh with each try.
    pub percent: u8,
    /// What is being done, or went wrong, in a few words.
    pub detail: String,
    /// How often it was taken up.
    pub attempts: u32,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadStep {
    /// See [`LoadJob::percent`].
    pub percent: u8,
    /// See [`LoadJob::detail`].
    pub detail: String,
}

impl LoadStep {
    /// So many hundredths, and what is being done.
    pub fn of(percent: u8, detail: &str) -> Self {
        Self { percent, detail: detail.to_owned() }
    }
}

impl LoadJob {
    /// How long it took, in whole seconds, at least one; `None`: it has not ended well.
    pub fn seconds(&self) -> Option<u64> {
        let ended_at = self.ended_at.filter(|_| self.status == LoadStatus::Loaded)?;
        let took = (ended_at - self.created_at).num_seconds();
        Some(u64::try_from(took).unwrap_or(0).max(1))
    }
}
