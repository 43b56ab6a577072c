//! What a provider says of a key, and of the models that it has.

use common::domain::load_job::LoadState;

/// Whether a provider takes a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyCheck {
    /// It does.
    Valid,
    /// It does not.
    Rejected,
    /// It could not be asked.
    Unreachable,
}

/// How ready a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelState {
    /// Where it stands.
    pub state: LoadState,
    /// How much memory it takes, in bytes.
    pub memory_bytes: Option<u64>,
}

/// What is to be made ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadRequest {
    /// What the provider calls the model.
    pub model: String,
    /// How many tokens it is to read and write in all, as it will be asked.
    pub context_length: u32,
    /// Whether it may be fetched from elsewhere if its server does not have it.
    pub may_fetch: bool,
}

/// How far a model is with being loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadProgress {
    /// What is being done, in a few words.
    pub detail: String,
    /// How much of it is done, from 0 to 1; never goes back.
    pub fraction: f64,
    /// Whether it can be asked now.
    pub is_loaded: bool,
}

/// A model that a provider has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveredModel {
    /// What the provider calls it.
    pub upstream: String,
    /// How many tokens it can read and write in all.
    pub context_length: u32,
    /// Whether it sees images.
    pub vision: bool,
    /// Whether it calls tools.
    pub tools: bool,
    /// Whether it shows what it thinks.
    pub reasoning: bool,
}

impl ModelState {
    /// A state of which nothing more is known.
    pub fn of(state: LoadState) -> Self {
        Self { state, memory_bytes: None }
    }
}
