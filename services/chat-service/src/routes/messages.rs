use std::sync::Arc;

use actix_web::web::{Data, Path};
use actix_web::{Either, HttpRequest, HttpResponse};
use common::{ConversationId, MessageId};
use platform::http::{Answer, AppError, Caller, Envelope, Query, SizedBody, prefers_event_stream};

use super::errors;
use crate::dependencies::{ChatState, Listener, ResumeAfter};
use crate::generation::{Reply, follow};
use crate::schemas::messages::{
    ListMessagesQuery, MessageData, MessagesData, SendMessageRequest, SentMessageData,
};
use crate::services::{Following, OnBehalf};

/// With images; without any it is less.
const SEND_LIMIT: usize = 24 * 1024 * 1024;

/// A conversation's messages, newest first.
#[utoipa::path(get, path = "/conversations/{id}/messages", params(("id" = ConversationId, Path), ListMessagesQuery), responses((status = 200, body = Envelope<MessagesData>, description = "A page of messages.")))]
pub async fn list_messages(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ConversationId>,
    Query(query): Query<ListMessagesQuery>,
) -> Result<Answer<MessagesData>, AppError> {
    let paging = query.paging(*id)?;
    let listed =
        state.messages.list(caller.user, *id, query.model.as_deref(), paging.request()).await;
    let page = listed.map_err(errors::message)?;
    let pagination = paging.pagination(&page);
    Ok(Answer::ok(page.into()).paged(pagination))
}

/// Sends a message and answers with the model's reply: whole, or as events while it is made.
#[utoipa::path(post, path = "/conversations/{id}/messages", params(("id" = ConversationId, Path)), request_body = SendMessageRequest, responses((status = 200, description = "The reply.", content((Envelope<SentMessageData> = "application/json"), (String = "text/event-stream")))))]
pub async fn send_message(
    request: HttpRequest,
    state: Data<ChatState>,
    whom: OnBehalf,
    listener: Listener,
    id: Path<ConversationId>,
    SizedBody { body, size }: SizedBody<SendMessageRequest, SEND_LIMIT>,
) -> Result<Either<HttpResponse, Answer<SentMessageData>>, AppError> {
    body.check_size(size)?;
    let wants_events = body.stream().unwrap_or_else(|| prefers_event_stream(&request));
    let reply = state.messages.send(&whom, *id, body.into()).await.map_err(errors::message)?;
    if wants_events {
        return Ok(Either::Left(listener.stream(reply.id(), reply.events(None))));
    }
    whole(reply).await.map(Either::Right)
}

/// One message.
#[utoipa::path(get, path = "/messages/{id}", params(("id" = MessageId, Path)), responses((status = 200, body = Envelope<MessageData>, description = "The message.")))]
pub async fn get_message(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<MessageId>,
) -> Result<Answer<MessageData>, AppError> {
    let message = state.messages.get(caller.user, *id).await.map_err(errors::message)?;
    Ok(Answer::ok(message.into()))
}

/// Follows a reply: what came after `Last-Event-ID` (or `after`), then what comes.
#[utoipa::path(get, path = "/messages/{id}/stream", params(("id" = MessageId, Path), ("after" = Option<String>, Query, description = "The id of the last event that was seen."), ("Last-Event-ID" = Option<String>, Header)), responses((status = 200, body = String, content_type = "text/event-stream", description = "The events.")))]
pub async fn stream_message(
    state: Data<ChatState>,
    caller: Caller,
    listener: Listener,
    id: Path<MessageId>,
    after: ResumeAfter,
) -> Result<HttpResponse, AppError> {
    let after = after.of(*id)?;
    let following = state.messages.follow(caller.user, *id).await.map_err(errors::message)?;
    Ok(match following {
        Following::Running(reply) => listener.stream(*id, reply.events(after)),
        Following::Stored(message) => {
            let events = follow(state.messages.stored(), caller.user, *message, after);
            listener.stream(*id, events)
        }
    })
}

/// Stops a reply and the call to its model; what had come is kept.
#[utoipa::path(post, path = "/messages/{id}/cancel", params(("id" = MessageId, Path)), responses((status = 200, body = Envelope<MessageData>, description = "The reply as it now is.")))]
pub async fn cancel_message(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<MessageId>,
) -> Result<Answer<MessageData>, AppError> {
    let message = state.messages.cancel(caller.user, *id).await.map_err(errors::message)?;
    Ok(Answer::ok(message.into()))
}

/// Waits for a reply's end. A failed one is an error that says what was kept.
async fn whole(reply: Arc<Reply>) -> Result<Answer<SentMessageData>, AppError> {
    let end = reply.ended().await;
    if let Some(failure) = &end.error {
        return Err(errors::reply(failure, reply.user_message.id, reply.id()));
    }
    let (user_message, pending) = (reply.user_message.clone(), reply.pending.clone());
    Ok(Answer::ok(SentMessageData::new(user_message, pending, &end, reply.prompt_stale)))
}
