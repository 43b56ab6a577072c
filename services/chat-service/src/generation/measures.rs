//! What the engine measures, for whoever operates it.

use common::domain::usage::UsageEntry;
use platform::metrics::{Metrics, durations};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use tokio::time::Instant;

use crate::providers::ProviderError;

/// The engine's measures; clones are the same ones.
#[derive(Clone)]
pub(super) struct Measures {
    pub(super) running: Gauge,
    pub(super) streams: Gauge,
    pub(super) left_alone: Family<Provider, Gauge>,
    pub(super) reaped: Counter,
    first_tokens: Family<Provider, Histogram>,
    failures: Family<Failure, Counter>,
    retries: Family<Provider, Counter>,
    tokens: Family<Tokens, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Provider {
    pub(super) provider: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Failure {
    provider: &'static str,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tokens {
    provider: String,
    model: String,
    kind: &'static str,
}

impl Measures {
    pub(super) fn new(metrics: &Metrics) -> Self {
        let measures = Self {
            running: Gauge::default(),
            streams: Gauge::default(),
            left_alone: Family::default(),
            reaped: Counter::default(),
            first_tokens: Family::new_with_constructor(|| durations(0.05, 12)),
            failures: Family::default(),
            retries: Family::default(),
            tokens: Family::default(),
        };
        let Self { running, streams, left_alone, reaped, first_tokens, failures, retries, tokens } =
            measures.clone();
        metrics.register("replies_running", "Replies in the making", running);
        metrics.register("streams_open", "Clients that listen to replies made here", streams);
        metrics.register("provider_keys_left_alone", "Open circuit breakers", left_alone);
        metrics.register("replies_reaped", "Replies whose maker had gone", reaped);
        metrics.register(
            "first_token_seconds",
            "From the call to the first token, retries apart",
            first_tokens,
        );
        metrics.register("provider_failures", "Calls to providers that failed", failures);
        metrics.register("provider_retries", "Calls that were made again", retries);
        metrics.register("tokens", "Tokens that models were sent and have written", tokens);
        measures
    }

    /// A provider has begun to answer what it was asked then.
    pub(super) fn answers(&self, provider: &'static str, since: Instant) {
        let took = since.elapsed().as_secs_f64();
        self.first_tokens.get_or_create(&Provider { provider }).observe(took);
    }

    pub(super) fn failed(&self, provider: &'static str, error: &ProviderError) {
        let code = error.kind.code().as_str();
        self.failures.get_or_create(&Failure { provider, code }).inc();
    }

    pub(super) fn asks_again(&self, provider: &'static str) {
        self.retries.get_or_create(&Provider { provider }).inc();
    }

    /// What an answer took.
    pub(super) fn spent(&self, entry: &UsageEntry) {
        for (kind, count) in
            [("prompt", entry.tokens.prompt()), ("completion", entry.tokens.completion())]
        {
            let (provider, model) = (entry.provider.clone(), entry.model.clone());
            self.tokens.get_or_create(&Tokens { provider, model, kind }).inc_by(count.into());
        }
    }
}
