use actix_web::web::{Data, Path};
use actix_web::{Either, HttpResponse};
use common::{ConversationId, MessageId};
use futures_util::future::join_all;
use futures_util::stream::StreamExt;
use platform::http::{Answer, AppError, Body, Caller, Envelope, Idempotent, Query, SizedBody};

use super::{errors, idempotency};
use crate::dependencies::{ChatState, Listener, ResumeAfter};
use crate::generation::{follow, together};
use crate::schemas::conversations::ConversationData;
use crate::schemas::idempotency::IdempotencyHeader;
use crate::schemas::messages::{
    EditMessageRequest, ListMessagesQuery, MessageData, MessagesData, RegenerateMessageRequest,
    SendMessageRequest, SentMessageData,
};
use crate::services::{Following, OnBehalf, Turn};

/// What answers a send: events, or the whole reply.
pub(super) type Sent = Either<HttpResponse, Answer<SentMessageData>>;

/// With images; without any it is less.
pub(super) const SEND_LIMIT: usize = 24 * 1024 * 1024;

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
#[utoipa::path(post, path = "/conversations/{id}/messages", params(("id" = ConversationId, Path), IdempotencyHeader), request_body = SendMessageRequest, responses((status = 200, description = "The reply.", content((Envelope<SentMessageData> = "application/json"), (String = "text/event-stream")))))]
pub async fn send_message(
    state: Data<ChatState>,
    whom: OnBehalf,
    listener: Listener,
    id: Path<ConversationId>,
    Idempotent { key, body: SizedBody { body, size } }: Idempotent<
        SizedBody<SendMessageRequest, SEND_LIMIT>,
    >,
) -> Result<Sent, AppError> {
    body.check_size(size)?;
    let stream = body.stream();
    let turn = state.messages.send(&whom, *id, body.into(), key).await;
    answer(&state, listener, stream, turn.map_err(errors::message)?).await
}

/// Says a message of one's own in other words: another one takes its place, on another branch, and is answered.
#[utoipa::path(post, path = "/messages/{id}/edit", params(("id" = MessageId, Path), IdempotencyHeader), request_body = EditMessageRequest, responses((status = 200, description = "The reply.", content((Envelope<SentMessageData> = "application/json"), (String = "text/event-stream")))))]
pub async fn edit_message(
    state: Data<ChatState>,
    whom: OnBehalf,
    listener: Listener,
    id: Path<MessageId>,
    Idempotent { key, body: SizedBody { body, size } }: Idempotent<
        SizedBody<EditMessageRequest, SEND_LIMIT>,
    >,
) -> Result<Sent, AppError> {
    body.check_size(size)?;
    let stream = body.stream;
    let (content, images, options) = body.into_parts();
    let turn = state.messages.edit(&whom, *id, content, images, options, key).await;
    answer(&state, listener, stream, turn.map_err(errors::message)?).await
}

/// Asks for another reply in the place of one, by the same model or another.
#[utoipa::path(post, path = "/messages/{id}/regenerate", params(("id" = MessageId, Path), IdempotencyHeader), request_body = RegenerateMessageRequest, responses((status = 200, description = "The reply.", content((Envelope<SentMessageData> = "application/json"), (String = "text/event-stream")))))]
pub async fn regenerate_message(
    state: Data<ChatState>,
    whom: OnBehalf,
    listener: Listener,
    id: Path<MessageId>,
    Idempotent { key, body: Body(body) }: Idempotent<Body<RegenerateMessageRequest>>,
) -> Result<Sent, AppError> {
    let (stream, options) = (body.stream, body.options());
    let turn = state.messages.regenerate(&whom, *id, body.model, options, key).await;
    answer(&state, listener, stream, turn.map_err(errors::message)?).await
}

/// All messages that were said in one's place, oldest first.
#[utoipa::path(get, path = "/messages/{id}/siblings", params(("id" = MessageId, Path)), responses((status = 200, body = Envelope<MessagesData>, description = "The messages.")))]
pub async fn list_siblings(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<MessageId>,
) -> Result<Answer<MessagesData>, AppError> {
    let siblings = state.messages.siblings(caller.user, *id).await.map_err(errors::message)?;
    Ok(Answer::ok(siblings.into()))
}

/// Makes the branch through a message the one that is shown and goes on.
#[utoipa::path(post, path = "/messages/{id}/select", params(("id" = MessageId, Path)), responses((status = 200, body = Envelope<ConversationData>, description = "The conversation.")))]
pub async fn select_message(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<MessageId>,
) -> Result<Answer<ConversationData>, AppError> {
    let conversation = state.messages.select(caller.user, *id).await.map_err(errors::message)?;
    Ok(Answer::ok(conversation.into()))
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

/// Replies as they come, or whole. A single one that failed is an error that says what was kept; so are several that all did.
pub(super) async fn answer(
    state: &ChatState,
    listener: Listener,
    stream: Option<bool>,
    turn: Turn,
) -> Result<Sent, AppError> {
    let wants_events = stream.unwrap_or_else(|| listener.prefers_events());
    let replies = match turn {
        Turn::Begun(replies) => replies,
        Turn::Earlier(turn) if wants_events => {
            return idempotency::events(state, listener, *turn).map(Either::Left);
        }
        Turn::Earlier(turn) => return Ok(Either::Right(Answer::ok(idempotency::whole(*turn)?))),
    };
    let first = replies.first().cloned().ok_or_else(|| AppError::internal("nobody answers"))?;
    if wants_events {
        let id = first.id();
        return Ok(Either::Left(match replies.len() {
            1 => listener.stream(id, first.events(None)),
            _ => {
                let all = replies.into_iter().map(|reply| reply.unclosed_events().boxed());
                listener.stream(id, together(all.collect()))
            }
        }));
    }
    let ends = join_all(replies.iter().map(|reply| reply.ended())).await;
    if let Some(failure) = &ends[0].error
        && ends.iter().all(|end| end.error.is_some())
    {
        return Err(errors::reply(failure, first.user_message.id, first.id()));
    }
    let pending = replies.iter().map(|reply| reply.pending.clone());
    let stale = replies.iter().any(|reply| reply.prompt_stale);
    let replies = pending.zip(ends).collect();
    let data = SentMessageData::new(first.user_message.clone(), replies, stale);
    Ok(Either::Right(Answer::ok(data)))
}
