//! How those outside are doing, by what was last seen of them. Nobody is asked for this: it is noted by whoever has asked anyway.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Serialize;
use utoipa::ToSchema;

/// Somebody outside that a process asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outside {
    /// Another service of ours.
    Sibling(&'static str),
    /// A provider's API.
    ExternalApi(&'static str),
    /// The machine that has models of its own.
    Ollama,
}

/// How one of them is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// It answered when it was last asked, whatever it answered.
    Reachable,
    /// It did not, or with a fault of its own.
    Failing,
}

/// What a process has seen of those outside; its clones have seen the same.
#[derive(Debug, Clone, Default)]
pub struct Conditions(Arc<Mutex<BTreeMap<Outside, Condition>>>);

impl Conditions {
    /// Somebody was asked.
    pub fn note(&self, outside: Outside, has_answered: bool) {
        let seen = if has_answered { Condition::Reachable } else { Condition::Failing };
        self.0.lock().insert(outside, seen);
    }

    /// What was last seen of each that was ever asked.
    pub(crate) fn all(&self) -> BTreeMap<Outside, Condition> {
        self.0.lock().clone()
    }
}
