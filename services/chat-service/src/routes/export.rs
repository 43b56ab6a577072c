use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY};
use actix_web::web::{Bytes, Data, Path};
use common::ConversationId;
use common::domain::conversation::Conversation;
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use platform::http::{AppError, Caller, Query};

use super::errors;
use crate::dependencies::ChatState;
use crate::schemas::export::{
    ConversationFile, ExportFormat, ExportQuery, ExportedMessage, markdown, markdown_title,
};

/// Models and people wrote it: opened by itself it may load nothing and run nothing.
const HARMLESS: &str = "default-src 'none'; sandbox";

/// A conversation as a file: `json` has all of it, on every branch and with its images; `markdown` has the active branch, to be
/// read. Where the file cannot be finished, the connection breaks.
#[utoipa::path(get, path = "/conversations/{id}/export", params(("id" = ConversationId, Path), ExportQuery), responses((status = 200, description = "The file.", content((ConversationFile = "application/json"), (String = "text/markdown")))))]
pub async fn export_conversation(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<ConversationId>,
    Query(query): Query<ExportQuery>,
) -> Result<HttpResponse, AppError> {
    let found = state.conversations.get(caller.user, *id).await.map_err(errors::conversation)?;
    let name = format!("attachment; filename=\"{}\"", query.format.file_name(*id));
    let mut response = HttpResponse::Ok();
    response
        .content_type(query.format.media_type())
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CONTENT_SECURITY_POLICY, HARMLESS));
    Ok(match query.format {
        ExportFormat::Json => response.streaming(as_json(&state, found)?),
        ExportFormat::Markdown => response.streaming(as_markdown(&state, &found)),
    })
}

fn as_json(
    state: &ChatState,
    conversation: Conversation,
) -> Result<impl Stream<Item = Result<Bytes, AppError>> + use<>, AppError> {
    let messages = state.export.clone().tree(conversation.owner, conversation.id);
    let messages = messages.enumerate().map(|(number, record)| {
        ExportedMessage::from(record.map_err(errors::message)?).render(number)
    });
    let (head, tail) = ConversationFile::from(conversation).split()?;
    let alone = |bytes| stream::iter([Ok(bytes)]);
    Ok(alone(head).chain(messages).chain(alone(Bytes::from_static(tail.as_bytes()))))
}

fn as_markdown(
    state: &ChatState,
    conversation: &Conversation,
) -> impl Stream<Item = Result<Bytes, AppError>> + use<> {
    let messages = state.export.clone().branch(conversation.owner, conversation.id);
    let messages = messages.map_ok(markdown).map_err(errors::message);
    stream::iter([Ok(markdown_title(conversation))]).chain(messages)
}
