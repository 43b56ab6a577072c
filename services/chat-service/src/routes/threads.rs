//! Conversations as threads: a view for clients that ask several models, each of which sees only what was said with it.

use actix_web::web::{Data, Path};
use common::ConversationId;
use common::domain::conversation::NewConversation;
use platform::http::{
    Answer, AppError, Body, Caller, Envelope, IdempotencyKeyHeader, Idempotent, Query, SizedBody,
};

use super::errors;
use super::messages::{SEND_LIMIT, Sent, answer};
use crate::dependencies::{ChatState, Listener};
use crate::schemas::conversations::ListConversationsQuery;
use crate::schemas::idempotency::IdempotencyHeader;
use crate::schemas::messages::{ListModelMessagesQuery, MessagesData, SentMessageData};
use crate::schemas::threads::{
    CreateThreadRequest, DeletedThreadData, SendToModelRequest, SendToModelsRequest, ThreadData,
    ThreadsData, UpdateThreadTitleRequest,
};
use crate::services::OnBehalf;

/// The caller's threads.
#[utoipa::path(get, path = "/threads", params(ListConversationsQuery), responses((status = 200, body = Envelope<ThreadsData>, description = "A page of threads.")))]
pub async fn list_threads(
    state: Data<ChatState>,
    caller: Caller,
    Query(query): Query<ListConversationsQuery>,
) -> Result<Answer<ThreadsData>, AppError> {
    let paging = query.paging(caller.user)?;
    let listed = state.conversations.list(caller.user, &query.filter(), paging.request()).await;
    let page = listed.map_err(errors::conversation)?;
    let pagination = paging.pagination(&page);
    Ok(Answer::ok(page.into()).paged(pagination))
}

/// Makes a thread.
#[utoipa::path(post, path = "/threads", params(IdempotencyKeyHeader), request_body = CreateThreadRequest, responses((status = 201, body = Envelope<ThreadData>, description = "The thread.")))]
pub async fn create_thread(
    state: Data<ChatState>,
    whom: OnBehalf,
    Idempotent { key, body: Body(body) }: Idempotent<Body<CreateThreadRequest>>,
) -> Result<Answer<ThreadData>, AppError> {
    let new = NewConversation { key, ..body.into() };
    let made = state.conversations.create(&whom, new).await;
    Ok(Answer::created(made.map_err(errors::conversation)?.into()))
}

/// One thread, and what was said with each model.
#[utoipa::path(get, path = "/threads/{id}", params(("id" = ConversationId, Path)), responses((status = 200, body = Envelope<ThreadData>, description = "The thread.")))]
pub async fn get_thread(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ConversationId>,
) -> Result<Answer<ThreadData>, AppError> {
    let thread = state.conversations.get(caller.user, *id).await.map_err(errors::conversation)?;
    Ok(Answer::ok(thread.into()))
}

/// Deletes a thread and all its messages.
#[utoipa::path(delete, path = "/threads/{id}", params(("id" = ConversationId, Path)), responses((status = 200, body = Envelope<DeletedThreadData>, description = "What was deleted.")))]
pub async fn delete_thread(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ConversationId>,
) -> Result<Answer<DeletedThreadData>, AppError> {
    let deleted = state.conversations.delete(caller.user, *id).await;
    Ok(Answer::ok(deleted.map_err(errors::conversation)?.into()))
}

/// Gives a thread another title.
#[utoipa::path(patch, path = "/threads/{id}/title", params(("id" = ConversationId, Path)), request_body = UpdateThreadTitleRequest, responses((status = 200, body = Envelope<ThreadData>, description = "The thread as it now is.")))]
pub async fn update_thread_title(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ConversationId>,
    Body(body): Body<UpdateThreadTitleRequest>,
) -> Result<Answer<ThreadData>, AppError> {
    let updated = state.conversations.update(caller.user, *id, None, body.into()).await;
    Ok(Answer::ok(updated.map_err(errors::conversation)?.into()))
}

/// What was said with one model, newest first.
#[utoipa::path(get, path = "/threads/{id}/models/{model}/messages", params(("id" = ConversationId, Path), ("model" = String, Path), ListModelMessagesQuery), responses((status = 200, body = Envelope<MessagesData>, description = "A page of messages.")))]
pub async fn list_model_messages(
    state: Data<ChatState>,
    caller: Caller,
    path: Path<(ConversationId, String)>,
    Query(query): Query<ListModelMessagesQuery>,
) -> Result<Answer<MessagesData>, AppError> {
    let (id, model) = path.into_inner();
    let paging = query.paging(format_args!("{id} with {model}"))?;
    let listed = state.messages.list(caller.user, id, Some(&model), paging.request()).await;
    let page = listed.map_err(errors::message)?;
    let pagination = paging.pagination(&page);
    Ok(Answer::ok(page.into()).paged(pagination))
}

/// Sends a message to one model, which sees what was said with it.
#[utoipa::path(post, path = "/threads/{id}/models/{model}/messages", params(("id" = ConversationId, Path), ("model" = String, Path), IdempotencyHeader), request_body = SendToModelRequest, responses((status = 200, description = "The reply.", content((Envelope<SentMessageData> = "application/json"), (String = "text/event-stream")))))]
pub async fn send_to_model(
    state: Data<ChatState>,
    whom: OnBehalf,
    listener: Listener,
    path: Path<(ConversationId, String)>,
    Idempotent { key, body: SizedBody { body, size } }: Idempotent<
        SizedBody<SendToModelRequest, SEND_LIMIT>,
    >,
) -> Result<Sent, AppError> {
    body.check_size(size)?;
    let (id, model) = path.into_inner();
    let stream = body.stream;
    let turn = state.messages.send(&whom, id, body.to(model), key).await;
    answer(&state, listener, stream, turn.map_err(errors::message)?).await
}

/// Sends a message to several models, each of which answers: their events come as they are made, told apart by `messageId`, and
/// one `close` comes after all.
#[utoipa::path(post, path = "/threads/{id}/messages", params(("id" = ConversationId, Path), IdempotencyHeader), request_body = SendToModelsRequest, responses((status = 200, description = "The replies.", content((Envelope<SentMessageData> = "application/json"), (String = "text/event-stream")))))]
pub async fn send_to_models(
    state: Data<ChatState>,
    whom: OnBehalf,
    listener: Listener,
    id: Path<ConversationId>,
    Idempotent { key, body: SizedBody { body, size } }: Idempotent<
        SizedBody<SendToModelsRequest, SEND_LIMIT>,
    >,
) -> Result<Sent, AppError> {
    body.check(size)?;
    let stream = body.stream;
    let turn = state.messages.send(&whom, *id, body.into(), key).await;
    answer(&state, listener, stream, turn.map_err(errors::message)?).await
}
