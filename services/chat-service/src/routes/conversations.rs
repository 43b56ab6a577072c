use actix_web::web::{Data, Path};
use common::domain::conversation::NewConversation;
use common::{ConversationId, Direction, PageRequest};
use platform::http::{
    Answer, AppError, Body, Caller, Envelope, IdempotencyKeyHeader, Idempotent, Query,
};

use super::errors;
use crate::dependencies::ChatState;
use crate::schemas::conversations::{
    ConversationData, ConversationDetailData, ConversationsData, CreateConversationRequest,
    DeletedConversationData, ListConversationsQuery, UpdateConversationRequest,
};
use crate::services::OnBehalf;

/// The newest messages that a conversation is shown with.
const NEWEST: PageRequest =
    PageRequest { limit: 50, after: None, direction: Direction::Descending };

/// The caller's conversations.
#[utoipa::path(get, path = "/conversations", params(ListConversationsQuery), responses((status = 200, body = Envelope<ConversationsData>, description = "A page of conversations.")))]
pub async fn list_conversations(
    state: Data<ChatState>,
    caller: Caller,
    Query(query): Query<ListConversationsQuery>,
) -> Result<Answer<ConversationsData>, AppError> {
    let paging = query.paging(caller.user)?;
    let page = state
        .conversations
        .list(caller.user, &query.filter(), paging.request())
        .await
        .map_err(errors::conversation)?;
    let pagination = paging.pagination(&page);
    Ok(Answer::ok(page.into()).paged(pagination))
}

/// Makes a conversation.
#[utoipa::path(post, path = "/conversations", params(IdempotencyKeyHeader), request_body = CreateConversationRequest, responses((status = 201, body = Envelope<ConversationData>, description = "The conversation.")))]
pub async fn create_conversation(
    state: Data<ChatState>,
    whom: OnBehalf,
    Idempotent { key, body: Body(body) }: Idempotent<Body<CreateConversationRequest>>,
) -> Result<Answer<ConversationData>, AppError> {
    let new = NewConversation { key, ..body.into() };
    let conversation =
        state.conversations.create(&whom, new).await.map_err(errors::conversation)?;
    Ok(Answer::created(conversation.into()))
}

/// One conversation, with its newest messages.
#[utoipa::path(get, path = "/conversations/{id}", params(("id" = ConversationId, Path)), responses((status = 200, body = Envelope<ConversationDetailData>, description = "The conversation and its newest messages, in order.")))]
pub async fn get_conversation(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ConversationId>,
) -> Result<Answer<ConversationDetailData>, AppError> {
    let conversation =
        state.conversations.get(caller.user, *id).await.map_err(errors::conversation)?;
    let newest =
        state.messages.list(caller.user, *id, None, NEWEST).await.map_err(errors::message)?;
    let messages = newest.items.into_iter().rev().map(Into::into).collect();
    Ok(Answer::ok(ConversationDetailData { conversation: conversation.into(), messages }))
}

/// Changes a conversation.
#[utoipa::path(patch, path = "/conversations/{id}", params(("id" = ConversationId, Path)), request_body = UpdateConversationRequest, responses((status = 200, body = Envelope<ConversationData>, description = "The conversation as it now is.")))]
pub async fn update_conversation(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ConversationId>,
    Body(body): Body<UpdateConversationRequest>,
) -> Result<Answer<ConversationData>, AppError> {
    let (model, changes) = body.into_changes();
    let conversation = state
        .conversations
        .update(caller.user, *id, model, changes)
        .await
        .map_err(errors::conversation)?;
    Ok(Answer::ok(conversation.into()))
}

/// Deletes a conversation with its messages; a reply that is running in it is stopped.
#[utoipa::path(delete, path = "/conversations/{id}", params(("id" = ConversationId, Path)), responses((status = 200, body = Envelope<DeletedConversationData>, description = "What is gone.")))]
pub async fn delete_conversation(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ConversationId>,
) -> Result<Answer<DeletedConversationData>, AppError> {
    let deleted =
        state.conversations.delete(caller.user, *id).await.map_err(errors::conversation)?;
    Ok(Answer::ok(deleted.into()))
}
