//! Who is to make a reply, and of what.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::ProjectId;
use common::domain::usage::{Tokens, UsageEntry, UsageSource};

use super::Afterwards;
use crate::core::Price;
use crate::providers::{CompletionRequest, PromptMessage, Provider, TokenUsage, Tools};

/// How a reply is to be made.
pub struct ModelCall {
    /// The model that is wanted.
    pub wanted: Candidate,
    /// Those that may stand in for it, in their order.
    pub fallbacks: Vec<Candidate>,
    /// The project whose conversation it is for.
    pub project: Option<ProjectId>,
    /// Whether a kept copy of the project's prompts was used.
    pub prompt_stale: bool,
    /// What is to be asked in the background once it is made.
    pub afterwards: Afterwards,
}

/// What a program asks a model, which says all that the model is to know.
#[derive(Debug, Clone)]
pub struct Question {
    /// What has been said so far.
    pub messages: Arc<[PromptMessage]>,
    /// How freely to answer; as the provider thinks right if `None`.
    pub temperature: Option<f64>,
    /// At most so many tokens of answer.
    pub max_tokens: Option<u32>,
    /// Texts before which the answer ends.
    pub stop: Vec<String>,
    /// What the model may call.
    pub tools: Option<Tools>,
}

/// A model that may make a reply.
pub struct Candidate {
    /// Who it is.
    pub asked: Asked,
    /// What it is asked.
    pub request: CompletionRequest,
}

/// A model, and what asking it means.
pub struct Asked {
    /// What the API calls it.
    pub model: String,
    /// What its provider calls it.
    pub upstream: String,
    /// Who provides it.
    pub vendor: &'static str,
    /// The provider.
    pub provider: Arc<dyn Provider>,
    /// About how many tokens it is sent, in case the provider does not say.
    pub prompt_tokens: u32,
    /// What it costs.
    pub price: Option<Price>,
    /// Whether it must be loaded before it can answer.
    pub must_load: bool,
    /// How long its first token may take.
    pub first_token: Duration,
}

impl Asked {
    /// How many tokens a text is to it.
    pub fn count(&self, text: &str) -> u32 {
        self.provider.count_tokens(&self.upstream, text)
    }

    /// The tokens that it was sent and has written, as we count.
    pub(super) fn counted(&self, text: &str, reasoning: &str) -> Tokens {
        Tokens {
            input: self.prompt_tokens,
            output: self.count(text),
            reasoning: self.count(reasoning),
            ..Tokens::default()
        }
    }

    /// What an answer of its took: as its provider says, else as we have counted.
    pub(super) fn entry(
        &self,
        said: Option<TokenUsage>,
        counted: Tokens,
        project: Option<ProjectId>,
    ) -> Option<UsageEntry> {
        let reported = said.map(|usage| (usage.tokens, UsageSource::Reported));
        // A provider that neither answered nor counted has done nothing to pay for.
        let estimated = (counted.completion() > 0).then_some((counted, UsageSource::Estimated));
        let (tokens, source) = reported.or(estimated)?;
        let cost = said.and_then(|usage| usage.cost_micro_usd);
        Some(UsageEntry {
            project,
            model: self.model.clone(),
            provider: self.vendor.to_owned(),
            tokens,
            source,
            cost_micro_usd: cost.or_else(|| Some(self.price?.cost_micro_usd(tokens))),
        })
    }
}

/// The models that may make a reply, of which one is at it.
pub(super) struct Roster {
    asked: Vec<Asked>,
    place: AtomicUsize,
}

impl Roster {
    /// All candidates of a call, and what each is asked.
    pub(super) fn of(call: ModelCall) -> (Self, Vec<CompletionRequest>) {
        let ModelCall { wanted, fallbacks, .. } = call;
        let candidates = std::iter::once(wanted).chain(fallbacks);
        let (asked, requests) =
            candidates.map(|candidate| (candidate.asked, candidate.request)).unzip();
        (Self { asked, place: AtomicUsize::new(0) }, requests)
    }

    /// The one that is at it.
    pub(super) fn current(&self) -> &Asked {
        &self.asked[self.place.load(Ordering::Relaxed)]
    }

    /// The one that was wanted.
    pub(super) fn first(&self) -> &Asked {
        &self.asked[0]
    }

    /// Passes it on to another.
    pub(super) fn pass_to(&self, place: usize) -> &Asked {
        self.place.store(place.min(self.asked.len() - 1), Ordering::Relaxed);
        self.current()
    }
}
