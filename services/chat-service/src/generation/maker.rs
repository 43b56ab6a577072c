//! Makes one reply: reads the provider, publishes, checkpoints, and tells how it ended.

use std::sync::Arc;

use common::ErrorCode;
use common::domain::message::{FinishReason, Lease, MessageStatus, ReplyFailure};
use common::repositories::{Checkpoint, ReplyRepository};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::budget::Meter;
use super::log::Part;
use super::reply::{Reply, StopReason};
use crate::core::GenerationSettings;
use crate::providers::{
    CompletionRequest, Delta, DeltaStream, Provider, ProviderError, ProviderErrorKind, TokenUsage,
};

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

/// Makes the reply, to whatever end.
pub(super) async fn make(
    reply: &Reply,
    provider: Arc<dyn Provider>,
    request: CompletionRequest,
    settings: &GenerationSettings,
    replies: &dyn ReplyRepository,
    lease: Lease,
    meter: &Meter,
) -> Outcome {
    let mut usage = None;
    let mut finish = None;
    let stopped = tokio::select! {
        biased;
        reason = reply.stopped() => Stopped::Asked(reason),
        reason = keep(reply, settings, replies, lease, meter) => Stopped::Asked(reason),
        outcome = read(reply, provider, request, settings, &mut usage, &mut finish) => Stopped::Ended(outcome),
    };
    let is_empty = reply.size() == 0;
    match stopped {
        Stopped::Ended(Ok(())) if is_empty => {
            failed(ProviderErrorKind::Protocol, MessageStatus::Failed, usage)
        }
        Stopped::Ended(Ok(())) => Outcome {
            status: MessageStatus::Complete,
            finish_reason: finish.or(Some(FinishReason::Stop)),
            error: None,
            usage,
        },
        Stopped::Ended(Err(error)) => {
            tracing::warn!(%error, reply = %reply.id(), "the provider failed");
            let is_named = is_empty || error.kind.is_named();
            let status = if is_named { MessageStatus::Failed } else { MessageStatus::Interrupted };
            failed(error.kind, status, usage)
        }
        Stopped::Asked(reason) => asked(reason, usage),
    }
}

enum Stopped {
    Asked(StopReason),
    Ended(Result<(), ProviderError>),
}

/// Reads the provider to the end, within its deadlines.
async fn read(
    reply: &Reply,
    provider: Arc<dyn Provider>,
    request: CompletionRequest,
    settings: &GenerationSettings,
    usage: &mut Option<TokenUsage>,
    finish: &mut Option<FinishReason>,
) -> Result<(), ProviderError> {
    let begun = Instant::now();
    let first_token = begun + settings.first_token();
    let total = begun + settings.total();
    let mut deltas = within(first_token, provider.stream(request)).await??;
    let mut deadline = first_token;
    while let Some(delta) = next(&mut deltas, deadline).await? {
        match delta {
            Delta::Text(text) => reply.publish(Part::Text, &text),
            Delta::Reasoning(text) => reply.publish(Part::Reasoning, &text),
            Delta::Usage(counted) => *usage = Some(counted),
            Delta::Finish(reason) => *finish = Some(reason),
            // Nothing was offered to be called.
            Delta::ToolCall(_) => {}
        }
        deadline = total;
    }
    Ok(())
}

async fn next(deltas: &mut DeltaStream, deadline: Instant) -> Result<Option<Delta>, ProviderError> {
    within(deadline, deltas.next()).await?.transpose()
}

async fn within<T>(deadline: Instant, work: impl Future<Output = T>) -> Result<T, ProviderError> {
    timeout_at(deadline, work).await.map_err(|_| ProviderError::new(ProviderErrorKind::TimedOut))
}

/// Stores what has come, again and again, and renews the lease; returns only when the reply must be stopped.
///
/// A checkpoint that the database does not take is tried again at the next: a reply goes on without its database, as long
/// as nobody else takes it over.
async fn keep(
    reply: &Reply,
    settings: &GenerationSettings,
    replies: &dyn ReplyRepository,
    lease: Lease,
    meter: &Meter,
) -> StopReason {
    let mut stored_size = 0;
    loop {
        let _due_or_outgrown = timeout(settings.checkpoint(), reply.outgrown(stored_size)).await;
        let (text, reasoning) = reply.texts();
        match replies.checkpoint(reply.id(), lease, &text, &reasoning).await {
            Ok(Checkpoint::Stored) => {
                stored_size = text.len() + reasoning.len();
                if meter.is_spent(reply, &text, &reasoning).await {
                    return StopReason::BudgetSpent;
                }
            }
            Ok(Checkpoint::CancelRequested) => return StopReason::Cancelled,
            Ok(Checkpoint::LeaseLost) => return StopReason::Lost,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, reply = %reply.id(), "a checkpoint waits");
                // Else a long log, which is due at once, would be tried without a pause.
                sleep(settings.checkpoint()).await;
            }
        }
    }
}

fn failed(kind: ProviderErrorKind, status: MessageStatus, usage: Option<TokenUsage>) -> Outcome {
    let failure = ReplyFailure::new(kind.code(), kind.message(), kind.is_retryable());
    Outcome { status, finish_reason: Some(FinishReason::Error), error: Some(failure), usage }
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
