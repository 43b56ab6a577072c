//! Conversations as chat sessions of a project: one endpoint that begins them and goes on.

use actix_web::web::Data;
use actix_web::{Either, HttpResponse};
use platform::http::{Answer, AppError, Body, Envelope};

use super::errors;
use super::messages::answer;
use crate::dependencies::{ChatState, Listener};
use crate::schemas::chat::{ChatData, ChatRequest};
use crate::services::OnBehalf;

/// Sends a message in a session of a project, or in a new one.
#[utoipa::path(post, path = "/chat", request_body = ChatRequest, responses((status = 200, description = "The session, the message and the reply. Events name the session as `conversationId` of `message_start`.", content((Envelope<ChatData> = "application/json"), (String = "text/event-stream")))))]
pub async fn chat(
    state: Data<ChatState>,
    whom: OnBehalf,
    listener: Listener,
    Body(body): Body<ChatRequest>,
) -> Result<Either<HttpResponse, Answer<ChatData>>, AppError> {
    let stream = body.stream;
    let (project, session, new, message) = body.into_parts();
    let found = state.conversations.session(&whom, project, session, new).await;
    let session = found.map_err(errors::conversation)?.id;
    let replies = state.messages.send(&whom, session, message).await.map_err(errors::message)?;
    Ok(match answer(listener, stream, replies).await? {
        Either::Left(events) => Either::Left(events),
        Either::Right(sent) => Either::Right(sent.map(|sent| ChatData::new(session, sent))),
    })
}
