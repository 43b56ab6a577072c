//! Follows a reply that another process makes, or that has ended: what is stored, then what each checkpoint adds.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::UserId;
use common::domain::message::{Message, MessageStatus, ReplyEnd};
use common::repositories::MessageRepository;
use futures_util::stream::{Stream, unfold};

use super::EventId;
use super::frames::{self, Opening};
use super::log::{Log, Place};
use super::reply::StopReason;

/// A checkpoint comes each second, so that looking twice as often is late by half of that.
const LOOK: Duration = Duration::from_millis(500);

struct Following {
    messages: Arc<dyn MessageRepository>,
    owner: UserId,
    message: Message,
    place: Place,
    start: Option<Bytes>,
}

/// The events of `message` from after `after` on, or from its very beginning, until it ends.
pub fn follow(
    messages: Arc<dyn MessageRepository>,
    owner: UserId,
    message: Message,
    after: Option<EventId>,
) -> impl Stream<Item = Bytes> {
    let place = after.map_or_else(Place::default, |id| log_of(&message).place_after(id));
    let start = after.is_none().then(|| {
        let opening = Opening {
            user_message: message.parent.unwrap_or(message.id),
            model: message.model.clone(),
            prompt_stale: false,
            at: message.created_at,
        };
        frames::message_start(message.id, &opening)
    });
    let following = Following { messages, owner, message, place, start };
    unfold(Some(following), |following| async move { following?.next().await })
}

impl Following {
    async fn next(mut self) -> Option<(Bytes, Option<Self>)> {
        if let Some(start) = self.start.take() {
            return Some((start, Some(self)));
        }
        loop {
            let log = log_of(&self.message);
            if let Some(event) = log.next(&mut self.place) {
                return Some((event, Some(self)));
            }
            if !self.message.status.is_running() {
                return Some((frames::ending(log.last_id(), &end_of(&self.message)), None));
            }
            tokio::time::sleep(LOOK).await;
            // A database that does not answer for a moment only makes us late.
            match self.messages.find(self.owner, self.message.id).await {
                Ok(Some(message)) => self.message = message,
                Ok(None) => {
                    let mut end = end_of(&self.message);
                    end.status = MessageStatus::Interrupted;
                    end.error = Some(StopReason::Lost.failure());
                    return Some((frames::ending(log.last_id(), &end), None));
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "following waits");
                }
            }
        }
    }
}

fn log_of(message: &Message) -> Log {
    Log::of(message.id, message.content.clone(), message.reasoning.clone())
}

fn end_of(message: &Message) -> ReplyEnd {
    ReplyEnd {
        reply: message.id,
        conversation: message.conversation,
        holder: uuid::Uuid::nil(),
        content: String::new(),
        reasoning: String::new(),
        status: message.status,
        finish_reason: message.finish_reason,
        error: message.error.clone(),
        tokens: message.tokens.unwrap_or_default(),
        usage: message.usage,
        at: message.created_at,
    }
}
