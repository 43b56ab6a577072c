use bytes::Bytes;
use chrono::{DateTime, Utc};
use common::LoadJobId;
use common::domain::load_job::{LoadJob, LoadState, LoadStatus, ModelStatus};
use garde::Validate;
use platform::http::event;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LoadJobQuery {
    /// The job, as `POST /models/{id}/load` gave it; the model's newest if absent.
    #[garde(skip)]
    #[param(value_type = Option<uuid::Uuid>)]
    pub job_id: Option<LoadJobId>,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelStatusWord {
    /// It must be loaded first.
    NotLoaded,
    /// It is being loaded.
    Loading,
    /// It can be asked.
    Loaded,
    /// It could not be loaded.
    Error,
    /// Its provider has no key, cannot be reached, or does not have it and may not fetch it.
    Unavailable,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelStatusData {
    pub model_id: String,
    pub status: ModelStatusWord,
    /// How much of its loading is done, from 0 to 100; null where that means nothing.
    #[schema(required)]
    pub load_progress: Option<u8>,
    /// How much memory it takes, as `2.1GB`; null where unknown.
    #[schema(required)]
    pub memory_usage: Option<String>,
    /// The same in bytes.
    #[schema(required)]
    pub memory_bytes: Option<u64>,
    /// When it was last loaded here.
    #[schema(required)]
    pub last_loaded: Option<DateTime<Utc>>,
    /// How long loading it may take, in seconds, as it took the last time; null where it is loaded, or never was.
    #[schema(required)]
    pub estimated_load_time: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoadJobData {
    pub model_id: String,
    pub job_id: LoadJobId,
    pub status: ModelStatusWord,
    /// How long it may take, in seconds, as it took the last time; null if there was none.
    #[schema(required)]
    pub estimated_time: Option<u64>,
}

/// What a `status` event of `GET /models/{id}/load/stream` says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoadEvent {
    model_id: String,
    status: ModelStatusWord,
    /// From 0 to 100.
    load_progress: u8,
    /// What is being done, or went wrong, in words.
    detail: String,
}

impl LoadJobData {
    pub fn new(job: LoadJob, estimated_time: Option<u64>) -> Self {
        Self { model_id: job.model, job_id: job.id, status: job.status.into(), estimated_time }
    }
}

impl From<LoadJob> for LoadEvent {
    fn from(job: LoadJob) -> Self {
        let LoadJob { model, status, percent, detail, .. } = job;
        Self { model_id: model, status: status.into(), load_progress: percent, detail }
    }
}

impl From<LoadStatus> for ModelStatusWord {
    fn from(status: LoadStatus) -> Self {
        match status {
            LoadStatus::Loading => Self::Loading,
            LoadStatus::Loaded => Self::Loaded,
            LoadStatus::Error => Self::Error,
        }
    }
}

impl From<ModelStatus> for ModelStatusData {
    fn from(status: ModelStatus) -> Self {
        let ModelStatus { model, state, percent, memory_bytes, last_loaded, took_seconds } = status;
        Self {
            model_id: model,
            status: state.into(),
            load_progress: percent,
            memory_usage: memory_bytes.map(size),
            memory_bytes,
            last_loaded,
            estimated_load_time: took_seconds.filter(|_| state != LoadState::Loaded),
        }
    }
}

impl From<LoadState> for ModelStatusWord {
    fn from(state: LoadState) -> Self {
        match state {
            LoadState::NotLoaded | LoadState::Absent => Self::NotLoaded,
            LoadState::Loading => Self::Loading,
            LoadState::Loaded => Self::Loaded,
            LoadState::Error => Self::Error,
            LoadState::Unavailable => Self::Unavailable,
        }
    }
}

/// What a job says: a `status` event, and `close` after its last.
pub fn events(job: LoadJob) -> Bytes {
    let has_ended = job.ended_at.is_some();
    let status = event("status", None, &LoadEvent::from(job));
    if has_ended {
        return [status, event("close", None, &serde_json::Map::new())].concat().into();
    }
    status
}

/// A size as people read it.
fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one digit of it is shown")]
    let bytes = bytes as f64;
    if bytes < 1e9 { format!("{:.0}MB", bytes / 1e6) } else { format!("{:.1}GB", bytes / 1e9) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_short() {
        assert_eq!([size(2_100_000_000), size(640_400_000)], ["2.1GB", "640MB"]);
    }
}
