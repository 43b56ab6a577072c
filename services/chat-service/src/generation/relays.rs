//! Answers that are passed on to one client as they come. Nothing of them is stored but what they took; a client that leaves
//! ends the call to the model.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use common::domain::message::{FinishReason, MessageError, ReplyFailure};
use common::domain::usage::UsageEntry;
use common::repositories::{StoreError, UsageRepository};
use common::{CompletionId, ErrorCode, ProjectId, UserId};
use futures_util::FutureExt;
use platform::Instance;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::attempts::{Attempts, Told};
use super::budget::{Budget, Meter};
use super::call::{ModelCall, Roster};
use super::conduit::Conduit;
use super::measures::Measures;
use super::registry::{Registry, Slot};
use super::relay::{Relay, RelayEnd, internal};
use crate::core::GenerationSettings;
use crate::providers::{CompletionRequest, ProviderError, ProviderErrorKind, TokenUsage};

/// For how long the ledger is tried, and how often.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// Passes on answers.
pub(super) struct Relays {
    pub(super) usage: Arc<dyn UsageRepository>,
    pub(super) registry: Arc<Registry>,
    pub(super) budget: Budget,
    pub(super) attempts: Arc<Attempts>,
    pub(super) instance: Instance,
    pub(super) settings: Arc<GenerationSettings>,
    /// Ends all of them.
    pub(super) stop: CancellationToken,
    pub(super) measures: Measures,
}

impl Relays {
    pub(super) fn begin(
        self: &Arc<Self>,
        owner: UserId,
        id: CompletionId,
        call: ModelCall,
    ) -> Result<Relay, MessageError> {
        let limit = self.settings.streams_per_user.get();
        let slots = usize::try_from(limit).unwrap_or(usize::MAX);
        let slot = self.registry.relay(owner, id, slots);
        let slot = slot.ok_or(MessageError::TooManyReplies { limit })?;
        // After the slot is taken: a drain that begins now waits for it.
        if self.registry.is_closed() {
            return Err(MessageError::Draining);
        }
        let project = call.project;
        let (roster, requests) = Roster::of(call);
        let roster = Arc::new(roster);
        let (sender, relay) = Relay::new(roster.clone());
        let (relays, conduit) = (self.clone(), Conduit::new(id, sender));
        let making = async move { relays.make(&conduit, &roster, requests, slot, project).await };
        // Not on the request, so that what was used is written down whoever leaves.
        self.instance.tasks.nearby().spawn(Box::pin(making));
        Ok(relay)
    }

    /// Passes on an answer to its end, and writes down what it took before anybody is told.
    async fn make(
        &self,
        conduit: &Conduit,
        roster: &Roster,
        requests: Vec<CompletionRequest>,
        slot: Slot,
        project: Option<ProjectId>,
    ) {
        let passing = self.pass_on(conduit, roster, requests, &slot);
        let (end, said) = AssertUnwindSafe(passing)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| (Err(internal()), None));
        let (text, reasoning) = conduit.texts();
        let counted = roster.current().counted(&text, &reasoning);
        let entry = roster.current().entry(said, counted, project);
        // From here on it counts as spent.
        slot.tab.set_cost(0);
        if let Some(entry) = &entry {
            self.measures.spent(entry);
            self.write_down(slot.tab.owner(), conduit.id(), entry).await;
        }
        drop(slot);
        let tokens = entry.map_or(counted, |entry| entry.tokens);
        conduit.end(end.map(|finish_reason| RelayEnd { finish_reason, tokens })).await;
    }

    async fn pass_on(
        &self,
        conduit: &Conduit,
        roster: &Roster,
        requests: Vec<CompletionRequest>,
        slot: &Slot,
    ) -> (Result<FinishReason, ReplyFailure>, Option<TokenUsage>) {
        let mut told = Told::default();
        let read = self.attempts.read(conduit, roster, requests, self.settings.total(), &mut told);
        let ended = tokio::select! {
            biased;
            // Whatever it is, nobody will hear of it.
            () = conduit.left() => Err(internal()),
            () = self.stop.cancelled() => Err(draining()),
            () = self.spent(conduit, roster, slot) => Err(budget_spent()),
            ended = read => ended.map_err(|error| {
                tracing::warn!(%error, completion = %conduit.id(), "the provider failed");
                failure(&error)
            }),
        };
        let finish = ended.and_then(|()| match told.finish {
            None if conduit.is_silent() => {
                Err(failure(&ProviderError::new(ProviderErrorKind::Protocol)))
            }
            finish => Ok(finish.unwrap_or(FinishReason::Stop)),
        });
        (finish, told.usage)
    }

    /// Waits until its owner's budget is spent.
    async fn spent(&self, conduit: &Conduit, roster: &Roster, slot: &Slot) {
        if !self.budget.is_limited() {
            return std::future::pending().await;
        }
        let meter = Meter { budget: &self.budget, roster };
        loop {
            sleep(self.settings.checkpoint()).await;
            let (text, reasoning) = conduit.texts();
            if meter.is_spent(&slot.tab, &text, &reasoning).await {
                return;
            }
        }
    }

    /// Writes down what an answer took. While the database does not answer it is tried again for some seconds.
    async fn write_down(&self, owner: UserId, id: CompletionId, entry: &UsageEntry) {
        for _ in 0..TRIES {
            let today = self.instance.clock.now().date_naive();
            let Err(error) = self.usage.add(owner, id, entry, today).await else { return };
            tracing::warn!(error = &error as &dyn std::error::Error, completion = %id, "usage is not written down");
            if !matches!(error, StoreError::Unavailable(_)) {
                return;
            }
            sleep(PAUSE).await;
        }
    }
}

fn failure(error: &ProviderError) -> ReplyFailure {
    let kind = error.kind;
    // As of a reply, but nothing is kept.
    let message = match kind {
        ProviderErrorKind::Truncated => "The answer broke off before its end. Try again.",
        ProviderErrorKind::ContextTooLong => {
            "The messages are longer than the model can read. Shorten them, or use another model."
        }
        kind => kind.message(),
    };
    let mut failure = ReplyFailure::new(kind.code(), message, kind.is_retryable());
    failure.retry_after = error.retry_after.map(|wait| wait.as_secs().max(1));
    failure
}

fn draining() -> ReplyFailure {
    let message = "The server is being restarted. Ask again in a moment.";
    ReplyFailure::new(ErrorCode::ServerDraining, message, true)
}

fn budget_spent() -> ReplyFailure {
    let message = "Today's budget for models is spent, and the answer was stopped there. The budget starts afresh at 00:00 UTC.";
    ReplyFailure::new(ErrorCode::BudgetExceeded, message, false)
}
