//! A reply that is being made: its log, its subscribers' wake-up, and the ways to stop it.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use common::domain::message::{Message, ReplyEnd, ReplyFailure};
use common::{ErrorCode, MessageId, UserId};
use futures_util::stream::{Stream, unfold};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::EventId;
use super::frames::{self, Ending, Opening, Progress};
use super::log::{Log, Part, Place};
use super::outlet::Outlet;
use super::tab::Tab;
use crate::providers::Delta;

/// After so many bytes a checkpoint does not wait for its time.
const CHECKPOINT_BYTES: usize = 4 * 1024;

/// Why a reply is stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    /// Its owner wants it so.
    Cancelled,
    /// The process is going away.
    Draining,
    /// The conversation is gone.
    Deleted,
    /// Another process has taken the reply over.
    Lost,
    /// Its owner's budget for the day is spent.
    BudgetSpent,
}

impl StopReason {
    /// What a person is told of it; nothing, where it is their own wish.
    pub(super) fn failure(self) -> Option<ReplyFailure> {
        let (code, message, retryable) = match self {
            Self::Cancelled => return None,
            Self::Draining => (
                ErrorCode::ServerDraining,
                "The server is being restarted. What had come is kept; ask again in a moment.",
                true,
            ),
            Self::Deleted => {
                (ErrorCode::ConversationDeleted, "The conversation was deleted.", false)
            }
            Self::Lost => (
                ErrorCode::InternalError,
                "The reply was cut off on our side. What had come is kept; ask again.",
                true,
            ),
            Self::BudgetSpent => (
                ErrorCode::BudgetExceeded,
                "Today's budget for models is spent, and the reply was stopped there. What had come is kept. The budget starts afresh at 00:00 UTC.",
                false,
            ),
        };
        Some(ReplyFailure::new(code, message, retryable))
    }
}

/// A reply in the making, or made a moment ago.
pub struct Reply {
    /// The user's message that it answers.
    pub user_message: Message,
    /// The reply as it was when it began.
    pub pending: Message,
    /// Whether the project's prompts may have changed: project-service did not answer, and a kept copy was used.
    pub prompt_stale: bool,
    tab: Tab,
    opening: Opening,
    log: Mutex<Log>,
    /// Grows with everything that subscribers should look at; holds the end once there is one.
    state: watch::Sender<State>,
    /// The size from which a checkpoint does not wait for its time, and the call for it.
    checkpoint_size: AtomicUsize,
    outgrown: Notify,
    /// Whether its lease was not renewed, so that the database may know more than we.
    is_doubtful: AtomicBool,
    stop: CancellationToken,
    reason: Mutex<Option<StopReason>>,
}

#[derive(Default, Clone)]
struct State {
    version: u64,
    /// What is being done before the first token, and since which version.
    status: Option<(u64, Bytes)>,
    end: Option<Arc<Ended>>,
}

/// Somebody who reads a reply from a place of one's own.
struct Listener {
    reply: Arc<Reply>,
    state: watch::Receiver<State>,
    place: Place,
    /// The first event, if it is still to be told.
    start: Option<Bytes>,
    /// The version of the last status that was told.
    told: u64,
}

struct Ended {
    end: ReplyEnd,
    /// The event that says how it ended, and the same with `close`.
    last: Bytes,
    frames: Bytes,
}

impl Reply {
    pub(super) fn new(
        owner: UserId,
        user_message: Message,
        pending: Message,
        prompt_stale: bool,
    ) -> Self {
        let opening = Opening {
            conversation: pending.conversation,
            user_message: user_message.id,
            model: pending.model.clone(),
            prompt_stale,
            at: pending.created_at,
        };
        Self {
            tab: Tab::new(owner),
            opening,
            log: Mutex::new(Log::new(pending.id)),
            state: watch::Sender::new(State::default()),
            checkpoint_size: AtomicUsize::new(CHECKPOINT_BYTES),
            outgrown: Notify::new(),
            is_doubtful: AtomicBool::new(false),
            stop: CancellationToken::new(),
            reason: Mutex::default(),
            prompt_stale,
            user_message,
            pending,
        }
    }

    /// Its id.
    pub fn id(&self) -> MessageId {
        self.pending.id
    }

    /// Whose it is.
    pub fn owner(&self) -> UserId {
        self.tab.owner()
    }

    /// Its events from after `after` on, or from its very beginning, to `close`.
    pub fn events(self: Arc<Self>, after: Option<EventId>) -> impl Stream<Item = Bytes> + use<> {
        self.events_to(true, after)
    }

    /// Its events from its very beginning to its end, and no `close`.
    pub fn unclosed_events(self: Arc<Self>) -> impl Stream<Item = Bytes> + use<> {
        self.events_to(false, None)
    }

    fn events_to(
        self: Arc<Self>,
        is_closing: bool,
        after: Option<EventId>,
    ) -> impl Stream<Item = Bytes> + use<> {
        let place = after.map_or_else(Default::default, |id| {
            let log = self.log.lock();
            log.place_after(id).unwrap_or_else(|| log.end())
        });
        let start = after.is_none().then(|| frames::message_start(self.id(), &self.opening));
        let state = self.state.subscribe();
        let listener = Listener { reply: self, state, place, start, told: 0 };
        unfold(Some(listener), move |listener| async move {
            let mut listener = listener?;
            if let Some(start) = listener.start.take() {
                return Some((start, Some(listener)));
            }
            loop {
                // Seen before the log is looked at, so that nothing that comes in between is missed.
                let State { end, status, .. } = listener.state.borrow_and_update().clone();
                let next = listener.reply.log.lock().next(&mut listener.place);
                if let Some(events) = next {
                    return Some((events, Some(listener)));
                }
                if let Some(ended) = end {
                    let Ended { frames, last, .. } = &*ended;
                    return Some((if is_closing { frames } else { last }.clone(), None));
                }
                if let Some((version, status)) = status.filter(|(at, _)| *at > listener.told) {
                    listener.told = version;
                    return Some((status, Some(listener)));
                }
                listener.state.changed().await.ok()?;
                // What comes together is told together: a write for each token costs more than the tokens.
                tokio::task::yield_now().await;
            }
        })
    }

    /// How many listen to it.
    pub(super) fn listeners(&self) -> usize {
        self.state.receiver_count()
    }

    /// Waits for its end.
    pub async fn ended(&self) -> ReplyEnd {
        let mut state = self.state.subscribe();
        loop {
            if let Some(ended) = &state.borrow_and_update().end {
                return ended.end.clone();
            }
            // The sender is `self`'s own, so that it cannot be gone.
            let _still_there = state.changed().await;
        }
    }

    fn publish(&self, part: Part, delta: &str) {
        let size = {
            let mut log = self.log.lock();
            log.push(part, delta);
            log.size()
        };
        self.state.send_modify(|state| {
            state.version += 1;
            state.status = None;
        });
        if size >= self.checkpoint_size.load(Ordering::Relaxed) {
            self.outgrown.notify_one();
        }
    }

    /// Waits until much has come since the log had `stored` bytes.
    pub(super) async fn outgrown(&self, stored: usize) {
        self.checkpoint_size.store(stored + CHECKPOINT_BYTES, Ordering::Relaxed);
        loop {
            if self.size() >= stored + CHECKPOINT_BYTES {
                return;
            }
            self.outgrown.notified().await;
        }
    }

    /// Has the next checkpoint made though nothing has come, to see whether it still is ours.
    pub(super) fn doubt(&self) {
        self.is_doubtful.store(true, Ordering::Relaxed);
    }

    /// Whether there was such a wish; it is taken back.
    pub(super) fn was_doubted(&self) -> bool {
        self.is_doubtful.swap(false, Ordering::Relaxed)
    }

    /// Tells everybody that it has ended. What they are told is stored already.
    pub(super) fn close(&self, end: ReplyEnd) {
        let (id, ending) = (self.log.lock().last_id(), Ending::from(&end));
        let (last, frames) = (frames::end(id, &ending), frames::ending(id, &ending));
        self.state.send_modify(|state| state.end = Some(Arc::new(Ended { end, last, frames })));
    }

    /// Stops it; the first reason counts.
    pub(super) fn stop(&self, reason: StopReason) {
        self.reason.lock().get_or_insert(reason);
        self.stop.cancel();
    }

    /// Waits until it is to be stopped.
    pub(super) async fn stopped(&self) -> StopReason {
        self.stop.cancelled().await;
        self.reason.lock().unwrap_or(StopReason::Cancelled)
    }

    /// What it costs so far.
    pub(super) fn tab(&self) -> &Tab {
        &self.tab
    }

    /// Text and reasoning so far.
    pub(super) fn texts(&self) -> (String, String) {
        let log = self.log.lock();
        (log.text().to_owned(), log.reasoning().to_owned())
    }

    /// How many bytes have come.
    pub(super) fn size(&self) -> usize {
        self.log.lock().size()
    }
}

/// Publishes it to all subscribers.
impl Outlet for Reply {
    fn id(&self) -> impl Display {
        self.pending.id
    }

    fn show(&self, piece: Delta) {
        match piece {
            Delta::Text(text) => self.publish(Part::Text, &text),
            Delta::Reasoning(text) => self.publish(Part::Reasoning, &text),
            // Nothing was offered to be called.
            Delta::ToolCall(_) | Delta::Usage(_) | Delta::Finish(_) => {}
        }
    }

    fn has_shown(&self) -> bool {
        self.size() > 0
    }

    fn announce(&self, progress: Progress, detail: &str) {
        let frame = frames::status(self.pending.id, progress, detail);
        self.state.send_modify(|state| {
            state.version += 1;
            state.status = Some((state.version, frame));
        });
    }

    fn may_trim(&self) -> bool {
        true
    }

    /// Its log takes everything.
    async fn has_room(&self) {}
}
