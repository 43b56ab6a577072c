//! Asks until somebody answers: again, or somebody else, but only as long as nothing of an answer was shown.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use common::domain::load_job::LoadState;
use common::domain::message::FinishReason;
use common::{Entropy, SystemEntropy};
use futures_util::StreamExt;
use parking_lot::Mutex;
use platform::Instance;
use platform::breaker::{BreakerSettings, Breakers, Permit};
use platform::conditions::{Conditions, Outside};
use platform::traces::{Side, Step, Traces};
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::call::{Asked, Roster};
use super::frames::Progress;
use super::measures::{Measures, Provider};
use super::outlet::Outlet;
use crate::providers::{
    Completion, CompletionRequest, DEMO, Delta, DeltaStream, ProviderError, ProviderErrorKind,
    TokenUsage,
};

/// The longest that a provider may ask to wait before the next try.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How long the server of a model may take to say how ready it is, before it is just asked.
const STATUS: Duration = Duration::from_secs(1);

/// How ready this process is to try again: each reply that begins allows a tenth of a retry more, up to so many.
const MOST_RETRIES: f64 = 10.0;
const RETRIES_PER_REPLY: f64 = 0.1;

/// What this process knows of its providers.
pub(super) struct Attempts {
    breakers: Breakers<(&'static str, u64)>,
    retries: Mutex<f64>,
    entropy: Arc<dyn Entropy>,
    measures: Measures,
    traces: Traces,
    conditions: Conditions,
    /// The longest pause before the first retry; each further one may be twice as long.
    pause: Duration,
}

/// An answer of which something has been shown, or that is whole.
struct Opened {
    deltas: DeltaStream,
    /// To be told how it ends.
    permit: Permit,
    step: Step,
}

/// What an answer says beside its text.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) usage: Option<TokenUsage>,
    pub(super) finish: Option<FinishReason>,
}

impl Told {
    /// Shows a piece of the answer, or keeps what else is said.
    fn take(&mut self, outlet: &impl Outlet, delta: Delta) {
        match delta {
            Delta::Usage(usage) => self.usage = Some(usage),
            Delta::Finish(reason) => self.finish = Some(reason),
            piece @ (Delta::Text(_) | Delta::Reasoning(_) | Delta::ToolCall(_)) => {
                outlet.show(piece);
            }
        }
    }
}

impl Attempts {
    pub(super) fn new(
        breaker: BreakerSettings,
        pause: Duration,
        measures: Measures,
        instance: &Instance,
    ) -> Self {
        Self {
            breakers: Breakers::new(breaker),
            retries: Mutex::new(MOST_RETRIES),
            entropy: Arc::new(SystemEntropy),
            measures,
            traces: instance.traces.clone(),
            conditions: instance.conditions.clone(),
            pause,
        }
    }

    /// Shows what the models say to the end, at most for `total`.
    pub(super) async fn read(
        &self,
        outlet: &impl Outlet,
        roster: &Roster,
        requests: Vec<CompletionRequest>,
        total: Duration,
        told: &mut Told,
    ) -> Result<(), ProviderError> {
        let mut patience = pin!(sleep(total));
        let Opened { mut deltas, permit, mut step } =
            self.open(outlet, roster, requests, told).await?;
        let end = loop {
            let next = async {
                outlet.has_room().await;
                deltas.next().await
            };
            tokio::select! {
                biased;
                next = next => match next {
                    Some(Ok(delta)) => told.take(outlet, delta),
                    Some(Err(error)) => break Err(error),
                    None => break Ok(()),
                },
                () = &mut patience => break Err(ProviderError::new(ProviderErrorKind::TimedOut)),
            }
        };
        note_usage(&mut step, told.usage);
        self.settle(permit, step, roster.current(), end.as_ref().err());
        end
    }

    /// Asks the models one after the other until one has begun to answer.
    async fn open(
        &self,
        outlet: &impl Outlet,
        roster: &Roster,
        requests: Vec<CompletionRequest>,
        told: &mut Told,
    ) -> Result<Opened, ProviderError> {
        {
            let mut retries = self.retries.lock();
            *retries = (*retries + RETRIES_PER_REPLY).min(MOST_RETRIES);
        }
        let mut failure = ProviderError::new(ProviderErrorKind::Failed);
        for (place, request) in requests.into_iter().enumerate() {
            let asked = roster.pass_to(place);
            if place > 0 {
                outlet.announce(Progress::FallingBack, &format!("asking {}", asked.model));
            }
            match self.ask(outlet, asked, request, told).await {
                Err(error) if !outlet.has_shown() && error.kind.is_the_models_own() => {
                    tracing::warn!(%error, model = asked.model, id = %outlet.id(), "a model does not answer");
                    failure = error;
                }
                other => return other,
            }
        }
        Err(failure)
    }

    /// Asks one model, again where that may help.
    async fn ask(
        &self,
        outlet: &impl Outlet,
        asked: &Asked,
        mut request: CompletionRequest,
        told: &mut Told,
    ) -> Result<Opened, ProviderError> {
        let deadline = Instant::now() + asked.first_token;
        if asked.must_load && is_to_be_loaded(asked).await {
            outlet.announce(Progress::Loading, "loading the model");
        }
        let (mut retries, mut is_trimmed) = (0, false);
        loop {
            let error = match self.once(outlet, asked, &request, deadline, told).await {
                Err(error) if !outlet.has_shown() => error,
                other => return other,
            };
            let may_trim = outlet.may_trim() && !is_trimmed;
            if error.kind == ProviderErrorKind::ContextTooLong && may_trim && request.trim() {
                is_trimmed = true;
                outlet.announce(Progress::Trimming, "leaving out the oldest messages");
                continue;
            }
            let Some(wait) = self.pause_before_retry(&error, retries) else { return Err(error) };
            if Instant::now() + wait >= deadline || !self.may_retry() {
                return Err(error);
            }
            tracing::info!(%error, model = asked.model, id = %outlet.id(), "trying again");
            outlet.announce(Progress::Retrying, "the provider did not answer");
            self.measures.asks_again(asked.vendor);
            sleep(wait).await;
            retries += 1;
        }
    }

    /// Asks one model once, until something of its answer is shown or it ends.
    async fn once(
        &self,
        outlet: &impl Outlet,
        asked: &Asked,
        request: &CompletionRequest,
        deadline: Instant,
        told: &mut Told,
    ) -> Result<Opened, ProviderError> {
        *told = Told::default();
        let permit = self.admit(asked, request)?;
        let step = self.step(asked);
        let since = Instant::now();
        let begin = async {
            let mut deltas = asked.provider.stream(request.clone()).await?;
            while let Some(delta) = deltas.next().await {
                told.take(outlet, delta?);
                if outlet.has_shown() {
                    break;
                }
            }
            Ok(deltas)
        };
        let begun = timeout_at(deadline, begin)
            .await
            .unwrap_or_else(|_| Err(ProviderError::new(ProviderErrorKind::TimedOut)));
        match begun {
            Ok(deltas) => {
                self.measures.answers(asked.vendor, since);
                Ok(Opened { deltas, permit, step })
            }
            Err(error) => {
                self.settle(permit, step, asked, Some(&error));
                Err(error)
            }
        }
    }

    /// Asks one model for a whole answer that nobody watches, again where that may help. A provider that is left alone is not
    /// asked; but what becomes of this counts for no reply, neither for its breaker nor for its retries.
    pub(super) async fn complete(
        &self,
        asked: &Asked,
        request: &CompletionRequest,
    ) -> Result<Completion, ProviderError> {
        let deadline = Instant::now() + asked.first_token;
        let mut retries = 0;
        loop {
            drop(self.admit(asked, request)?);
            let mut step = self.step(asked);
            let answer = timeout_at(deadline, asked.provider.complete(request.clone())).await;
            let answer =
                answer.unwrap_or_else(|_| Err(ProviderError::new(ProviderErrorKind::TimedOut)));
            let error = match answer {
                Ok(completion) => {
                    note_usage(&mut step, completion.usage);
                    return Ok(completion);
                }
                Err(error) => error,
            };
            step.failed(error.kind.code().as_str());
            drop(step);
            let wait = self.pause_before_retry(&error, retries);
            let Some(wait) = wait.filter(|wait| Instant::now() + *wait < deadline) else {
                return Err(error);
            };
            tracing::info!(%error, model = asked.model, "asking again");
            sleep(wait).await;
            retries += 1;
        }
    }

    /// Leave to ask a provider, unless it is left alone.
    fn admit(&self, asked: &Asked, request: &CompletionRequest) -> Result<Permit, ProviderError> {
        self.breakers.admit((asked.vendor, fingerprint(request))).map_err(|open| {
            ProviderError::new(ProviderErrorKind::LeftAlone).retry_after(Some(open.wait))
        })
    }

    /// One call, as a trace shows it. Only our own siblings are told of a trace.
    fn step(&self, asked: &Asked) -> Step {
        let mut step = self.traces.step(Side::Asks, format!("chat {}", asked.model));
        step.note("gen_ai.operation.name", "chat");
        step.note("gen_ai.provider.name", asked.vendor);
        step.note("gen_ai.request.model", asked.model.clone());
        step
    }

    /// Tells a breaker how a call ended.
    fn settle(&self, permit: Permit, mut step: Step, asked: &Asked, error: Option<&ProviderError>) {
        let is_its_fault = error.is_some_and(|error| error.kind.is_the_providers_fault());
        if asked.vendor != DEMO.name {
            self.conditions.note(Outside::ExternalApi(asked.vendor), !is_its_fault);
        }
        if let Some(error) = error {
            step.failed(error.kind.code().as_str());
            self.measures.failed(asked.vendor, error);
        }
        if is_its_fault { permit.failed() } else { permit.succeeded() }
    }

    /// Counts the breakers that are open now.
    pub(super) fn measure(&self) {
        let mut open = HashMap::<_, i64>::new();
        for (key, breaker) in self.breakers.iter() {
            *open.entry(key.0).or_default() += i64::from(breaker.is_open());
        }
        for (provider, open) in open {
            self.measures.left_alone.get_or_create(&Provider { provider }).set(open);
        }
    }

    /// How long to wait before so manieth a retry; `None`: there is none.
    fn pause_before_retry(&self, error: &ProviderError, retries: u32) -> Option<Duration> {
        if retries >= error.kind.retries() {
            return None;
        }
        match error.retry_after {
            Some(wait) => (wait <= LONGEST_WAIT).then_some(wait),
            None if error.kind == ProviderErrorKind::RateLimited => None,
            // Anything between nothing and the whole pause, so that those who failed together do not come back together.
            None => Some((self.pause * (1 << retries)).mul_f64(self.chance())),
        }
    }

    fn may_retry(&self) -> bool {
        let mut retries = self.retries.lock();
        let may = *retries >= 1.0;
        if may {
            *retries -= 1.0;
        }
        may
    }

    /// A number from 0 to 1.
    fn chance(&self) -> f64 {
        let mut byte = [0];
        self.entropy.fill(&mut byte);
        f64::from(byte[0]) / 255.0
    }
}

/// What a provider says that a call took.
fn note_usage(step: &mut Step, usage: Option<TokenUsage>) {
    if let Some(TokenUsage { tokens, .. }) = usage {
        step.note("gen_ai.usage.input_tokens", i64::from(tokens.prompt()));
        step.note("gen_ai.usage.output_tokens", i64::from(tokens.completion()));
    }
}

/// Whether a model is on its server, but not in the memory.
async fn is_to_be_loaded(asked: &Asked) -> bool {
    let status = timeout(STATUS, asked.provider.status(&asked.upstream));
    status.await.is_ok_and(|model| model.state == LoadState::NotLoaded)
}

/// Tells one key from another. Never leaves the process.
fn fingerprint(request: &CompletionRequest) -> u64 {
    let mut hasher = DefaultHasher::new();
    request.key.as_ref().map(ExposeSecret::expose_secret).hash(&mut hasher);
    hasher.finish()
}
