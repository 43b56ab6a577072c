//! Conversations as chat sessions of a project: one endpoint that begins them and goes on.

use actix_web::web::Data;
use actix_web::{Either, HttpResponse};
use common::ConversationId;
use common::domain::idempotency::RequestKey;
use platform::http::{Answer, AppError, Body, Envelope, Idempotent};

use super::errors;
use super::messages::answer;
use crate::dependencies::{ChatState, Listener};
use crate::schemas::chat::{ChatData, ChatRequest};
use crate::schemas::idempotency::IdempotencyHeader;
use crate::services::{OnBehalf, Turn};

/// Sends a message in a session of a project, or in a new one.
#[utoipa::path(post, path = "/chat", params(IdempotencyHeader), request_body = ChatRequest, responses((status = 200, description = "The session, the message and the reply. Events name the session as `conversationId` of `message_start`.", content((Envelope<ChatData> = "application/json"), (String = "text/event-stream")))))]
pub async fn chat(
    state: Data<ChatState>,
    whom: OnBehalf,
    listener: Listener,
    Idempotent { key, body: Body(body) }: Idempotent<Body<ChatRequest>>,
) -> Result<Either<HttpResponse, Answer<ChatData>>, AppError> {
    let stream = body.stream;
    let earlier = state.messages.earlier(whom.user, key.as_ref()).await;
    let (session, turn) = match earlier.map_err(errors::message)? {
        Some(turn) => (turn.user_message.conversation, Turn::Earlier(turn)),
        None => send(&state, &whom, body, key).await?,
    };
    Ok(match answer(&state, listener, stream, turn).await? {
        Either::Left(events) => Either::Left(events),
        Either::Right(sent) => Either::Right(sent.map(|sent| ChatData::new(session, sent))),
    })
}

/// Sends, in a new session if none is named; where it then is.
async fn send(
    state: &ChatState,
    whom: &OnBehalf,
    request: ChatRequest,
    key: Option<RequestKey>,
) -> Result<(ConversationId, Turn), AppError> {
    let (project, session, new, message) = request.into_parts();
    let found = state.conversations.session(whom, project, session, new).await;
    let session = found.map_err(errors::conversation)?.id;
    let sent = state.messages.send(whom, session, message, key).await;
    let turn = sent.map_err(errors::message)?;
    let Turn::Earlier(earlier) = &turn else { return Ok((session, turn)) };
    let used = earlier.user_message.conversation;
    if used != session {
        // The same was sent at the same moment, and that was quicker: nothing is in this new one, nor ever will be.
        let deleted = state.conversations.delete(whom.user, session).await;
        deleted.map_err(errors::conversation)?;
    }
    Ok((used, turn))
}
