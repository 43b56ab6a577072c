//! Begins replies, finds them, stops them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use common::domain::message::{
    FinishReason, Lease, Message, MessageError, MessageStatus, NewReply, NewTurn, ReplyEnd,
};
use common::domain::usage::UsageEntry;
use common::repositories::{
    MessageRepository, ReplyRepository, StoreError, TurnError, UsageRepository,
};
use common::{CompletionId, MessageId, ProjectId, UserId};
use futures_util::FutureExt;
use platform::breaker::BreakerSettings;
use platform::{Instance, Nearby};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::attempts::Attempts;
use super::budget::{Budget, Meter};
use super::call::{Candidate, ModelCall, Roster};
use super::committer::Committer;
use super::maker::{Maker, Outcome};
use super::measures::Measures;
use super::registry::{Claim, Registry};
use super::relays::Relays;
use super::reply::StopReason;
use super::{Relay, Reply};
use crate::core::{BudgetSettings, GenerationSettings};
use crate::providers::{Completion, ProviderError};

/// How often to look whether another process has stopped a reply.
const LOOK_FOR_END: Duration = Duration::from_millis(200);

/// How long replies that are cut off by the end of the process may take to be stored, and how often those that have come since
/// are told.
const SAVING: Duration = Duration::from_secs(5);
const TELL: Duration = Duration::from_millis(200);

/// What the engine is told to keep to.
pub struct EngineSettings {
    pub generation: GenerationSettings,
    pub budget: BudgetSettings,
    pub breaker: BreakerSettings,
}

/// The engine of one process.
pub struct Engine {
    pub(super) replies: Arc<dyn ReplyRepository>,
    messages: Arc<dyn MessageRepository>,
    pub(super) registry: Arc<Registry>,
    committer: Committer,
    budget: Budget,
    attempts: Arc<Attempts>,
    relays: Arc<Relays>,
    pub(super) measures: Measures,
    /// A place for each send that is being taken in, and for each conversation that is being begun.
    places: Arc<Semaphore>,
    pub(super) instance: Instance,
    pub(super) settings: Arc<GenerationSettings>,
}

impl Engine {
    /// An engine that stores replies in `replies`, reads them back from `messages`, and what people have spent from `usage`.
    pub fn new(
        replies: Arc<dyn ReplyRepository>,
        messages: Arc<dyn MessageRepository>,
        usage: Arc<dyn UsageRepository>,
        instance: Instance,
        settings: EngineSettings,
    ) -> Self {
        let EngineSettings { generation, budget, breaker } = settings;
        let committer = Committer::start(replies.clone(), &instance.tasks);
        let registry = Arc::<Registry>::default();
        let budget = Budget::new(usage.clone(), registry.clone(), instance.clock.clone(), budget);
        let measures = Measures::new(&instance.metrics);
        let attempts = Attempts::new(breaker, generation.retry(), measures.clone(), &instance);
        let attempts = Arc::new(attempts);
        let settings = Arc::new(generation);
        let relays = Arc::new(Relays {
            usage,
            registry: registry.clone(),
            budget: budget.clone(),
            attempts: attempts.clone(),
            instance: instance.clone(),
            settings: settings.clone(),
            stop: CancellationToken::new(),
            measures: measures.clone(),
        });
        Self {
            replies,
            messages,
            registry,
            committer,
            budget,
            attempts,
            relays,
            measures,
            places: Arc::new(Semaphore::new(settings.beginning.get())),
            instance,
            settings,
        }
    }

    /// Whether a person may still ask a model today.
    ///
    /// # Errors
    /// `BudgetExceeded`, or the database's.
    pub async fn check_budget(&self, owner: UserId) -> Result<(), MessageError> {
        self.budget.check(owner).await
    }

    /// Asks a model something outside of any reply; its answer, and what that took. Its first token's time is that of the whole.
    ///
    /// # Errors
    /// The provider's.
    pub async fn complete(
        &self,
        candidate: &Candidate,
        project: Option<ProjectId>,
    ) -> Result<(Completion, Option<UsageEntry>), ProviderError> {
        let Candidate { asked, request } = candidate;
        let completion = self.attempts.complete(asked, request).await?;
        let counted = asked.counted(&completion.text, "");
        let entry = asked.entry(completion.usage, counted, project);
        entry.iter().for_each(|entry| self.measures.spent(entry));
        Ok((completion, entry))
    }

    /// A place to take in a send, to be kept until its replies have begun.
    ///
    /// # Errors
    /// There is none: the database and the processors have enough to do.
    pub fn admit(&self) -> Result<OwnedSemaphorePermit, MessageError> {
        self.places.clone().try_acquire_owned().map_err(|_| MessageError::Busy)
    }

    /// A place to begin a conversation, to be kept until it has begun. None while half of the places are taken: what is said in
    /// it would have to be refused, and beginning it would have been in vain.
    pub fn admit_conversation(&self) -> Option<OwnedSemaphorePermit> {
        let kept_for_sends = self.settings.beginning.get() / 2;
        // Looked at first, so that who will be refused takes no place from a send.
        if self.places.available_permits() <= kept_for_sends {
            return None;
        }
        let place = self.places.clone().try_acquire_owned().ok()?;
        (self.places.available_permits() >= kept_for_sends).then_some(place)
    }

    /// Whether nothing is begun any more: the process stops.
    pub fn is_closed(&self) -> bool {
        self.registry.is_closed()
    }

    /// How long a model's first token may take.
    pub fn first_token(&self, must_load: bool) -> Duration {
        if must_load { self.settings.loading() } else { self.settings.first_token() }
    }

    /// The claim that this process's replies are stored with.
    pub fn lease(&self) -> Lease {
        Lease { holder: self.instance.id, seconds: self.settings.lease_seconds }
    }

    /// Stores the user's message and the pending replies, and starts to make them, one by each call. Once this returns, they go
    /// on whoever listens. It must not be dropped before: then nobody would make what is stored.
    ///
    /// # Errors
    /// `GenerationInProgress`, `IdempotencyInProgress`, `TooManyReplies`, `NotFound`, `Draining`, or the database's. Nothing is stored then, and nobody
    /// is asked.
    pub async fn begin(
        self: &Arc<Self>,
        owner: UserId,
        turn: NewTurn,
        calls: Vec<ModelCall>,
        nearby: &Nearby,
    ) -> Result<Vec<Arc<Reply>>, MessageError> {
        if self.is_closed() {
            return Err(MessageError::Draining);
        }
        // Who sends the same once more fails below when the first is stored, not before, and finds it then.
        let _alone = match &turn.key {
            Some(key) => Some(self.registry.alone(owner, &key.key).await),
            None => None,
        };
        // Here first: only a race between replicas is left for the database to decide.
        let claim = |reply: &NewReply| self.registry.claim(turn.conversation, &reply.model);
        let claims: Option<Vec<Claim>> = turn.replies.iter().map(claim).collect();
        let claims = claims.ok_or(MessageError::GenerationInProgress)?;
        // Again: a drain that began in between has not seen the claim.
        if self.is_closed() {
            return Err(MessageError::Draining);
        }
        let slots = self.settings.streams_per_user.get();
        let relays = u32::try_from(self.registry.relays_of(owner)).unwrap_or(u32::MAX);
        let begun = self.replies.begin_turn(owner, &turn, slots.saturating_sub(relays)).await;
        let (user_message, pending) = begun.map_err(|error| match error {
            TurnError::NotFound => MessageError::NotFound,
            TurnError::KeyTaken => MessageError::IdempotencyInProgress,
            TurnError::GenerationInProgress => MessageError::GenerationInProgress,
            TurnError::TooManyReplies => MessageError::TooManyReplies { limit: slots },
            TurnError::Store(error) => MessageError::Store(error),
        })?;
        let begun = pending.into_iter().zip(calls).zip(claims);
        Ok(begun
            .map(|((pending, call), claim)| {
                let question = user_message.clone();
                let reply = Arc::new(Reply::new(owner, question, pending, call.prompt_stale));
                self.registry.insert(reply.clone());
                // Boxed: what an `async fn` holds across a stream is memory for each open stream.
                nearby.spawn(Box::pin(self.clone().make(reply.clone(), call, claim)));
                reply
            })
            .collect())
    }

    /// Asks a model, and passes on what it says to one client, for as long as that one listens. Nothing of it is stored but what
    /// it took.
    ///
    /// # Errors
    /// `TooManyReplies` or `Draining`; nobody is asked then.
    pub fn relay(
        &self,
        owner: UserId,
        id: CompletionId,
        call: ModelCall,
    ) -> Result<Relay, MessageError> {
        self.relays.begin(owner, id, call)
    }

    /// A reply that this process is making.
    pub fn running(&self, owner: UserId, id: MessageId) -> Option<Arc<Reply>> {
        self.registry.find(id).filter(|reply| reply.owner() == owner)
    }

    /// Stops a reply because its owner wants it so, and waits for its end; the reply as it then is. A process that makes it
    /// elsewhere is called. One that has ended stays as it is. `None`: there is no such reply.
    ///
    /// # Errors
    /// The database's.
    pub async fn cancel(
        &self,
        owner: UserId,
        id: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        // What is stored is the truth: it reaches every process.
        let mut message = self.replies.request_cancel(owner, id).await?;
        if let Some(reply) = self.running(owner, id) {
            reply.stop(StopReason::Cancelled);
            reply.ended().await;
            return self.messages.find(owner, id).await;
        }
        let until = Instant::now() + self.settings.lease();
        while message.as_ref().is_some_and(|message| message.status.is_running())
            && Instant::now() < until
        {
            tokio::time::sleep(LOOK_FOR_END).await;
            message = self.messages.find(owner, id).await?;
        }
        Ok(message)
    }

    /// Stops replies that are gone from the database, if this process is making them.
    pub fn forget(&self, ids: &[MessageId]) {
        for reply in ids.iter().filter_map(|id| self.registry.find(*id)) {
            reply.stop(StopReason::Deleted);
        }
    }

    /// Brings what is measured only when asked up to date.
    pub fn measure(&self) {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.measures.running.set(count(self.registry.count()));
        let replies = self.registry.all();
        self.measures.streams.set(count(replies.iter().map(|reply| reply.listeners()).sum()));
        self.attempts.measure();
    }

    /// Begins no more replies, and lets running ones come to their end, at most for `patience`; the rest are stored as interrupted.
    /// So it is with what is passed on.
    pub async fn drain(&self, patience: Duration) {
        self.registry.close();
        if timeout(patience, self.registry.empty()).await.is_ok() {
            return;
        }
        self.relays.stop.cancel();
        let until = Instant::now() + SAVING;
        while Instant::now() < until {
            // Again, for those that were just being stored.
            for reply in self.registry.all() {
                reply.stop(StopReason::Draining);
            }
            if timeout(TELL, self.registry.empty()).await.is_ok() {
                return;
            }
        }
    }

    async fn make(self: Arc<Self>, reply: Arc<Reply>, mut call: ModelCall, claim: Claim) {
        let (project, afterwards) = (call.project, std::mem::take(&mut call.afterwards));
        let (roster, requests) = Roster::of(call);
        let maker = Maker {
            reply: &reply,
            roster: &roster,
            attempts: &self.attempts,
            settings: &self.settings,
            replies: &*self.replies,
            lease: self.lease(),
            meter: Meter { budget: &self.budget, roster: &roster },
        };
        let outcome = AssertUnwindSafe(Box::pin(maker.make(requests)))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Outcome::internal());
        let mut end = self.end(&reply, outcome, &roster, project);
        end.errands = afterwards.errands(&self.instance, &reply, &end, roster.first());
        // From here on it counts as spent.
        reply.tab().set_cost(0);
        // Nobody is told of an end that is not stored.
        let is_stored = Box::pin(self.committer.commit(end.clone())).await;
        let told = if is_stored { end } else { self.unstored(&reply, end) };
        drop(claim);
        reply.close(told);
        self.registry.remove(reply.id());
    }

    /// What is told instead of an end that could not be stored.
    fn unstored(&self, reply: &Reply, end: ReplyEnd) -> ReplyEnd {
        tracing::warn!(reply = %reply.id(), "a reply's end was not stored: it is gone, or somebody else's");
        let failure = end.error.or_else(|| StopReason::Lost.failure());
        ReplyEnd {
            status: MessageStatus::Interrupted,
            finish_reason: Some(FinishReason::Error),
            error: failure,
            ..end
        }
    }

    /// What is to be stored. Tokens are the provider's figures, or else our own count.
    fn end(
        &self,
        reply: &Reply,
        outcome: Outcome,
        roster: &Roster,
        project: Option<ProjectId>,
    ) -> ReplyEnd {
        let (content, reasoning) = reply.texts();
        let asked = roster.current();
        let counted = asked.counted(&content, &reasoning);
        let usage = asked.entry(outcome.usage, counted, project);
        usage.iter().for_each(|entry| self.measures.spent(entry));
        let stood_in = asked.model != roster.first().model && reply.size() > 0;
        ReplyEnd {
            reply: reply.id(),
            owner: reply.owner(),
            conversation: reply.pending.conversation,
            holder: self.instance.id,
            content,
            reasoning,
            status: outcome.status,
            finish_reason: outcome.finish_reason,
            error: outcome.error,
            tokens: usage.as_ref().map_or(counted, |usage| usage.tokens).completion(),
            usage,
            answered_by: stood_in.then(|| asked.model.clone()),
            errands: Vec::new(),
            at: self.instance.clock.now(),
        }
    }
}
