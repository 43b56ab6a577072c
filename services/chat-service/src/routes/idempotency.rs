//! Sends that are made again with their key: they are answered with what the first one began.

use actix_web::HttpResponse;
use futures_util::stream::StreamExt;
use platform::http::AppError;
use serde_json::json;

use super::errors;
use crate::dependencies::{ChatState, Listener};
use crate::generation::{follow, follow_unclosed, together};
use crate::schemas::messages::SentMessageData;
use crate::services::{EarlierTurn, Following};

/// The events of an earlier send's replies from their beginning, live where they are made here.
pub(super) fn events(
    state: &ChatState,
    listener: Listener,
    turn: EarlierTurn,
) -> Result<HttpResponse, AppError> {
    let EarlierTurn { owner, mut replies, .. } = turn;
    let stored = || state.messages.stored();
    let first = replies.first().ok_or_else(nobody)?.id;
    if replies.len() == 1 {
        let reply = replies.remove(0);
        return Ok(match state.messages.follow_read(owner, reply) {
            Following::Running(reply) => listener.stream(first, reply.events(None)),
            Following::Stored(reply) => {
                listener.stream(first, follow(stored(), owner, *reply, None))
            }
        });
    }
    let all = replies.into_iter().map(|reply| match state.messages.follow_read(owner, reply) {
        Following::Running(reply) => reply.unclosed_events().boxed(),
        Following::Stored(reply) => follow_unclosed(stored(), owner, *reply).boxed(),
    });
    Ok(listener.stream(first, together(all.collect())))
}

/// The whole of an earlier send's replies, or their error; while one of them is being made, that it is.
pub(super) fn whole(turn: EarlierTurn) -> Result<SentMessageData, AppError> {
    let EarlierTurn { user_message, replies, .. } = turn;
    let first = replies.first().ok_or_else(nobody)?;
    if replies.iter().any(|reply| reply.status.is_running()) {
        let ids = json!({"userMessageId": user_message.id, "messageId": first.id});
        return Err(errors::idempotency_in_progress().with_details(ids));
    }
    if let Some(failure) = &first.error
        && replies.iter().all(|reply| reply.error.is_some())
    {
        return Err(errors::reply(failure, user_message.id, first.id));
    }
    Ok(SentMessageData::stored(user_message, replies))
}

fn nobody() -> AppError {
    AppError::internal("nobody answered")
}
