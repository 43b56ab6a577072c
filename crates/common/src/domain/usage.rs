//! What people use of models.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::message::Usage;
use crate::ProjectId;

/// Tokens, each in one class alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Read afresh.
    pub input: u32,
    /// Read from the provider's cache.
    pub cache_read: u32,
    /// Read, and written into the provider's cache.
    pub cache_write: u32,
    /// Written for the person.
    pub output: u32,
    /// Written while thinking.
    pub reasoning: u32,
}

/// Who has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UsageSource {
    /// The provider.
    Reported,
    /// We have, from the texts.
    Estimated,
}

/// What one answer took, as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageEntry {
    /// The project whose conversation it was for.
    pub project: Option<ProjectId>,
    /// The model that answered (catalogue id).
    pub model: String,
    /// Who provides it.
    pub provider: String,
    /// How many tokens.
    pub tokens: Tokens,
    /// Who has counted them.
    pub source: UsageSource,
    /// What they cost, in millionths of a US dollar; `None` where no price is known.
    pub cost_micro_usd: Option<i64>,
}

/// By what usage is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageGroup {
    /// The day (UTC) on which answers ended.
    Day,
    /// The model that answered.
    Model,
    /// The project whose conversation it was for.
    Project,
}

/// The days of which usage is asked, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it themselves")]
pub struct UsageSpan {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// What the answers of one group took in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageSum {
    /// The day, the model or the project; `None`: without a project.
    pub key: Option<String>,
    /// How many answers.
    pub requests: u64,
    /// How many of them have no price.
    pub unpriced: u64,
    /// Tokens read afresh.
    pub input: u64,
    /// Tokens read from providers' caches.
    pub cache_read: u64,
    /// Tokens read and written into providers' caches.
    pub cache_write: u64,
    /// Tokens written for the person.
    pub output: u64,
    /// Tokens written while thinking.
    pub reasoning: u64,
    /// What those with a price cost, in millionths of a US dollar.
    pub cost_micro_usd: i64,
}

impl Tokens {
    /// All that was read.
    pub fn prompt(&self) -> u32 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }

    /// All that was written.
    pub fn completion(&self) -> u32 {
        self.output.saturating_add(self.reasoning)
    }
}

impl UsageSum {
    /// Both together, of no group.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self {
            key: None,
            requests: self.requests + other.requests,
            unpriced: self.unpriced + other.unpriced,
            input: self.input + other.input,
            cache_read: self.cache_read + other.cache_read,
            cache_write: self.cache_write + other.cache_write,
            output: self.output + other.output,
            reasoning: self.reasoning + other.reasoning,
            cost_micro_usd: self.cost_micro_usd + other.cost_micro_usd,
        }
    }

    /// What those with a price cost, in US dollars; `None` where there is none.
    pub fn cost_usd(&self) -> Option<f64> {
        (self.requests > self.unpriced).then(|| usd(self.cost_micro_usd))
    }
}

/// Millionths of a US dollar as dollars, exact up to nine thousand million.
pub(super) fn usd(micros: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a float holds that many whole numbers")]
    let dollars = micros as f64 / 1e6;
    dollars
}

impl UsageEntry {
    /// As a message shows it.
    pub fn summary(&self) -> Usage {
        Usage {
            prompt_tokens: self.tokens.prompt(),
            completion_tokens: self.tokens.completion(),
            cost_micro_usd: self.cost_micro_usd,
        }
    }
}
