//! Follows a reply that another process makes, or that has ended: what is stored, then what each checkpoint adds.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::UserId;
use common::domain::message::{Message, MessageStatus};
use common::repositories::MessageRepository;
use futures_util::stream::{Stream, unfold};

use super::EventId;
use super::frames::{self, Ending, Opening};
use super::log::{Log, Place};
use super::reply::StopReason;

/// A checkpoint comes each second, so that looking twice as often is late by half of that.
const LOOK: Duration = Duration::from_millis(500);

struct Following {
    messages: Arc<dyn MessageRepository>,
    owner: UserId,
    message: Message,
    log: Log,
    place: Place,
    /// Where to go on, until the log is known to have come so far: a checkpoint is later than what was seen live.
    after: Option<EventId>,
    start: Option<Bytes>,
    /// The last event.
    ending: fn(EventId, &Ending<'_>) -> Bytes,
}

/// The events of `message` from after `after` on, or from its very beginning, until it ends.
pub fn follow(
    messages: Arc<dyn MessageRepository>,
    owner: UserId,
    message: Message,
    after: Option<EventId>,
) -> impl Stream<Item = Bytes> {
    follow_to(frames::ending, messages, owner, message, after)
}

/// The same from its very beginning to its end, and no `close`.
pub fn follow_unclosed(
    messages: Arc<dyn MessageRepository>,
    owner: UserId,
    message: Message,
) -> impl Stream<Item = Bytes> {
    follow_to(frames::end, messages, owner, message, None)
}

fn follow_to(
    ending: fn(EventId, &Ending<'_>) -> Bytes,
    messages: Arc<dyn MessageRepository>,
    owner: UserId,
    message: Message,
    after: Option<EventId>,
) -> impl Stream<Item = Bytes> {
    let start = after.is_none().then(|| {
        let opening = Opening {
            conversation: message.conversation,
            user_message: message.parent.unwrap_or(message.id),
            model: message.model.clone(),
            prompt_stale: false,
            at: message.created_at,
        };
        frames::message_start(message.id, &opening)
    });
    let log = log_of(&message);
    let following =
        Following { messages, owner, message, log, place: Place::default(), after, start, ending };
    unfold(Some(following), |following| async move { following?.next().await })
}

impl Following {
    async fn next(mut self) -> Option<(Bytes, Option<Self>)> {
        if let Some(start) = self.start.take() {
            return Some((start, Some(self)));
        }
        loop {
            let is_running = self.message.status.is_running();
            if self.has_come_so_far(is_running)
                && let Some(events) = self.log.next(&mut self.place)
            {
                return Some((events, Some(self)));
            }
            if !is_running {
                return Some((
                    (self.ending)(self.log.last_id(), &Ending::from(&self.message)),
                    None,
                ));
            }
            tokio::time::sleep(LOOK).await;
            // A database that does not answer for a moment only makes us late.
            match self.messages.find(self.owner, self.message.id).await {
                Ok(Some(message)) => {
                    self.log = log_of(&message);
                    self.message = message;
                }
                Ok(None) => {
                    let failure = StopReason::Deleted.failure();
                    let end = Ending {
                        status: MessageStatus::Interrupted,
                        error: failure.as_ref(),
                        ..Ending::from(&self.message)
                    };
                    return Some(((self.ending)(self.log.last_id(), &end), None));
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "following waits");
                }
            }
        }
    }

    /// Whether the log has reached the place to go on from. One that has ended short of it, after a crash, has nothing more.
    fn has_come_so_far(&mut self, is_running: bool) -> bool {
        let Some(after) = self.after else { return true };
        let reached = self.log.place_after(after);
        if let Some(place) = reached.or_else(|| (!is_running).then(|| self.log.end())) {
            self.place = place;
            self.after = None;
        }
        self.after.is_none()
    }
}

fn log_of(message: &Message) -> Log {
    Log::of(message.id, message.content.clone(), message.reasoning.clone())
}
