//! Makes one reply: reads the provider, publishes, checkpoints, and tells how it ended.

use common::ErrorCode;
use common::domain::message::{FinishReason, Lease, MessageStatus, ReplyFailure};
use common::repositories::{Checkpoint, ReplyRepository};
use tokio::time::{sleep, timeout};

use super::attempts::{Attempts, Told};
use super::budget::Meter;
use super::call::Roster;
use super::reply::{Reply, StopReason};
use crate::core::GenerationSettings;
use crate::providers::{CompletionRequest, ProviderError, ProviderErrorKind, TokenUsage};

/// How a reply ended.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) status: MessageStatus,
    pub(super) finish_reason: Option<FinishReason>,
    pub(super) error: Option<ReplyFailure>,
    pub(super) usage: Option<TokenUsage>,
}

impl Outcome {
    /// Our own fault.
    pub(super) fn internal() -> Self {
        let message = "Something went wrong on our side while the reply was made. What had come is kept; try again.";
        Self {
            status: MessageStatus::Failed,
            finish_reason: Some(FinishReason::Error),
            error: Some(ReplyFailure::new(ErrorCode::InternalError, message, true)),
            usage: None,
        }
    }
}

/// All that making one reply takes.
pub(super) struct Maker<'a> {
    pub(super) reply: &'a Reply,
    pub(super) roster: &'a Roster,
    pub(super) attempts: &'a Attempts,
    pub(super) settings: &'a GenerationSettings,
    pub(super) replies: &'a dyn ReplyRepository,
    pub(super) lease: Lease,
    pub(super) meter: Meter<'a>,
}

enum Stopped {
    Asked(StopReason),
    Ended(Result<(), ProviderError>),
}

impl Maker<'_> {
    /// Makes the reply, to whatever end.
    pub(super) async fn make(&self, requests: Vec<CompletionRequest>) -> Outcome {
        let mut told = Told::default();
        let total = self.settings.total();
        let read = self.attempts.read(self.reply, self.roster, requests, total, &mut told);
        let stopped = tokio::select! {
            biased;
            reason = self.reply.stopped() => Stopped::Asked(reason),
            reason = self.keep() => Stopped::Asked(reason),
            outcome = read => Stopped::Ended(outcome),
        };
        let Told { usage, finish } = told;
        let is_empty = self.reply.size() == 0;
        match stopped {
            Stopped::Ended(Ok(())) if is_empty => {
                let kind = match finish {
                    Some(FinishReason::ContentFilter) => ProviderErrorKind::ContentFiltered,
                    _ => ProviderErrorKind::Protocol,
                };
                failed(&ProviderError::new(kind), MessageStatus::Failed, usage)
            }
            Stopped::Ended(Ok(())) => Outcome {
                status: MessageStatus::Complete,
                finish_reason: finish.or(Some(FinishReason::Stop)),
                error: None,
                usage,
            },
            Stopped::Ended(Err(error)) => {
                tracing::warn!(%error, reply = %self.reply.id(), "the provider failed");
                let is_named = is_empty || error.kind.is_named();
                let status =
                    if is_named { MessageStatus::Failed } else { MessageStatus::Interrupted };
                failed(&error, status, usage)
            }
            Stopped::Asked(reason) => asked(reason, usage),
        }
    }

    /// Stores what has come, again and again; returns only when the reply must be stopped.
    ///
    /// A checkpoint that the database does not take is tried again at the next: a reply goes on without its database, as
    /// long as nobody else takes it over.
    async fn keep(&self) -> StopReason {
        let Self { reply, settings, .. } = self;
        let mut stored_size = 0;
        loop {
            let _due_or_outgrown =
                timeout(settings.checkpoint(), reply.outgrown(stored_size)).await;
            if reply.size() == stored_size && !reply.was_doubted() {
                if self.meter.is_spent_elsewhere(reply.tab()).await {
                    return StopReason::BudgetSpent;
                }
                continue;
            }
            let (text, reasoning) = reply.texts();
            match self.replies.checkpoint(reply.id(), self.lease, &text, &reasoning).await {
                Ok(Checkpoint::Stored) => {
                    stored_size = text.len() + reasoning.len();
                    if self.meter.is_spent(reply.tab(), &text, &reasoning).await {
                        return StopReason::BudgetSpent;
                    }
                }
                Ok(Checkpoint::CancelRequested) => return StopReason::Cancelled,
                Ok(Checkpoint::LeaseLost) => return StopReason::Lost,
                Ok(Checkpoint::Gone) => return StopReason::Deleted,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, reply = %reply.id(), "a checkpoint waits");
                    // Else a long log, which is due at once, would be tried without a pause.
                    sleep(settings.checkpoint()).await;
                }
            }
        }
    }
}

fn failed(error: &ProviderError, status: MessageStatus, usage: Option<TokenUsage>) -> Outcome {
    let failure = Some(error.into());
    Outcome { status, finish_reason: Some(FinishReason::Error), error: failure, usage }
}

fn asked(reason: StopReason, usage: Option<TokenUsage>) -> Outcome {
    let (status, finish_reason) = match reason {
        StopReason::Cancelled => (MessageStatus::Cancelled, FinishReason::Cancelled),
        StopReason::BudgetSpent => (MessageStatus::Failed, FinishReason::Error),
        StopReason::Draining | StopReason::Deleted | StopReason::Lost => {
            (MessageStatus::Interrupted, FinishReason::Error)
        }
    };
    Outcome { status, finish_reason: Some(finish_reason), error: reason.failure(), usage }
}
