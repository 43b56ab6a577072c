//! A project as a conversation: its owner has one default conversation with it, which the first send makes.

use std::convert::Infallible;
use std::future::ready;

use actix_web::http::Method;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use common::domain::idempotency::RequestKey;
use common::domain::message::NewMessage;
use common::{ErrorCode, MessageId, ProjectId, UserId};
use eventsource_stream::Eventsource;
use futures_util::stream::{Stream, StreamExt};
use platform::http::{Answer, AppError, Envelope, Query, event_stream, key_of_query};

use super::errors;
use crate::dependencies::{ChatState, LastEventId, Listener};
use crate::generation::{EventId, follow};
use crate::schemas::messages::{ListModelMessagesQuery, MessagesData};
use crate::schemas::project_messages::{StreamProjectMessagesQuery, for_event_source};
use crate::services::{Following, OnBehalf, Turn};

/// What was said with a project, newest first.
#[utoipa::path(get, path = "/projects/{id}/messages", params(("id" = ProjectId, Path), ListModelMessagesQuery), responses((status = 200, body = Envelope<MessagesData>, description = "A page of messages.")))]
pub async fn list_project_messages(
    state: Data<ChatState>,
    whom: OnBehalf,
    id: Path<ProjectId>,
    Query(query): Query<ListModelMessagesQuery>,
) -> Result<Answer<MessagesData>, AppError> {
    let paging = query.paging(*id)?;
    let listed = state.messages.list_of_project(&whom, *id, paging.request()).await;
    let page = listed.map_err(errors::message)?;
    let pagination = paging.pagination(&page);
    Ok(Answer::ok(page.into()).paged(pagination))
}

/// Sends a message to a project's default conversation and streams the reply, for a browser's `EventSource`, which can only
/// `GET`. It connects again by itself with `Last-Event-ID`: then the same reply goes on, and nothing is sent twice.
#[utoipa::path(get, path = "/projects/{id}/messages/stream", params(("id" = ProjectId, Path), StreamProjectMessagesQuery, ("Last-Event-ID" = Option<String>, Header)), responses((status = 200, body = String, content_type = "text/event-stream", description = "Deltas, then `end` or `failure`."), (status = 204, description = "That reply has ended, and all of it was seen.")))]
pub async fn stream_project_messages(
    request: HttpRequest,
    state: Data<ChatState>,
    whom: OnBehalf,
    listener: Listener,
    id: Path<ProjectId>,
    LastEventId(after): LastEventId,
    Query(query): Query<StreamProjectMessagesQuery>,
) -> Result<HttpResponse, AppError> {
    if request.method() == Method::HEAD {
        return Err(AppError::new(ErrorCode::MethodNotAllowed, "This sends a message: use GET."));
    }
    match after {
        Some(after) => resume(state, whom.user, listener, after).await,
        None => {
            let key = key_of_query(&request, query.idempotency_key.as_deref())?;
            send(state, &whom, listener, *id, query.into(), key).await
        }
    }
}

async fn send(
    state: Data<ChatState>,
    whom: &OnBehalf,
    listener: Listener,
    project: ProjectId,
    message: NewMessage,
    key: Option<RequestKey>,
) -> Result<HttpResponse, AppError> {
    let found = state.conversations.default_of(whom, project).await;
    let conversation = found.map_err(errors::conversation)?.id;
    let sent = state.messages.send(whom, conversation, message, key).await;
    let reply = match sent.map_err(errors::message)? {
        Turn::Begun(replies) => replies.into_iter().next().map(Following::Running),
        Turn::Earlier(turn) => {
            let reply = turn.replies.into_iter().next();
            reply.map(|reply| state.messages.follow_read(whom.user, reply))
        }
    };
    let reply = reply.ok_or_else(|| AppError::internal("nobody answers"))?;
    Ok(told(state, whom.user, listener, reply, None))
}

async fn resume(
    state: Data<ChatState>,
    owner: UserId,
    listener: Listener,
    after: EventId,
) -> Result<HttpResponse, AppError> {
    let following = state.messages.follow(owner, after.message).await;
    Ok(match following.map_err(errors::message)? {
        Following::Stored(message) if after.is_end_of(&message) => {
            HttpResponse::NoContent().finish()
        }
        reply => told(state, owner, listener, reply, Some(after)),
    })
}

/// The answer that streams a reply from after `after` on, or from its very beginning.
fn told(
    state: Data<ChatState>,
    owner: UserId,
    listener: Listener,
    reply: Following,
    after: Option<EventId>,
) -> HttpResponse {
    match reply {
        Following::Running(reply) => {
            let id = reply.id();
            let events = listener.events(id, reply.events(after));
            event_stream(adapted(state, owner, id, events))
        }
        Following::Stored(message) => {
            let id = message.id;
            let events = follow(state.messages.stored(), owner, *message, after);
            event_stream(adapted(state, owner, id, listener.events(id, events)))
        }
    }
}

/// Events in the form for `EventSource`, whose end tells the whole text.
fn adapted(
    state: Data<ChatState>,
    owner: UserId,
    reply: MessageId,
    events: impl Stream<Item = Bytes> + 'static,
) -> impl Stream<Item = Bytes> + 'static {
    let events = Box::pin(events.map(Ok::<_, Infallible>).eventsource());
    let events = events.filter_map(|event| async { event.ok() });
    let events = events.then(move |event| {
        let state = state.clone();
        async move {
            let is_end = event.event == "message_complete";
            let whole = if is_end { state.messages.get(owner, reply).await.ok() } else { None };
            for_event_source(&event, whole.as_ref().map_or("", |message| &message.content))
        }
    });
    events.filter(|event| ready(!event.is_empty()))
}
