use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY};
use actix_web::web::{Bytes, Data, Path};
use common::domain::conversation::Conversation;
use common::domain::export::ChatRecord;
use common::domain::share::Share;
use common::{ConversationId, UserId};
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use platform::http::{AppError, Caller, Query, line};

use super::errors;
use crate::dependencies::ChatState;
use crate::schemas::export::{
    ConversationFile, ExportFormat, ExportLine, ExportQuery, ExportedMessage, markdown,
    markdown_title,
};
use crate::services::Export;

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
    let messages = messages_of(&state.export, &conversation, ",\n");
    let (head, tail) = ConversationFile::from(conversation).split()?;
    Ok(alone(head).chain(messages).chain(alone(Bytes::from_static(tail.as_bytes()))))
}

/// A conversation as one line of all that a user has, and its shares as more.
fn as_lines(
    export: Export,
    conversation: Conversation,
) -> Result<impl Stream<Item = Result<Bytes, AppError>>, AppError> {
    let (owner, id) = (conversation.owner, conversation.id);
    let messages = messages_of(&export, &conversation, ",");
    let (head, tail) = ConversationFile::from(conversation).split_as_line()?;
    let shares = stream::once(async move { export.shares(owner, id).await });
    let lines = |shares: Vec<Share>| {
        stream::iter(shares.into_iter().map(|share| line(&ExportLine::from(share))))
    };
    let shares = shares.map_ok(lines).map_err(AppError::from).try_flatten();
    Ok(alone(head).chain(messages).chain(alone(Bytes::from_static(tail.as_bytes()))).chain(shares))
}

fn messages_of(
    export: &Export,
    conversation: &Conversation,
    between: &'static str,
) -> impl Stream<Item = Result<Bytes, AppError>> + use<> {
    let messages = export.clone().tree(conversation.owner, conversation.id);
    messages.enumerate().map(move |(number, record)| {
        let before = if number == 0 { "" } else { between };
        ExportedMessage::from(record.map_err(errors::message)?).render(before)
    })
}

fn alone(bytes: Bytes) -> impl Stream<Item = Result<Bytes, AppError>> {
    stream::iter([Ok(bytes)])
}

/// All that a user has in chat-service, as lines.
pub fn export_lines(
    state: &ChatState,
    user: UserId,
) -> impl Stream<Item = Result<Bytes, AppError>> + use<> {
    let export = state.export.clone();
    let conversations = export.clone().conversations(user).map_err(AppError::from);
    let of_each = export.clone();
    let conversations = conversations.and_then(move |conversation| {
        let lines = as_lines(of_each.clone(), conversation);
        async move { lines }
    });
    let records = stream::once(async move { export.records(user).await });
    let lines = |records: Vec<ChatRecord>| {
        stream::iter(records.into_iter().map(|record| line(&ExportLine::from(record))))
    };
    let records = records.map_ok(lines).map_err(AppError::from).try_flatten();
    records.chain(conversations.try_flatten())
}

fn as_markdown(
    state: &ChatState,
    conversation: &Conversation,
) -> impl Stream<Item = Result<Bytes, AppError>> + use<> {
    let messages = state.export.clone().branch(conversation.owner, conversation.id);
    let messages = messages.map_ok(markdown).map_err(errors::message);
    stream::iter([Ok(markdown_title(conversation))]).chain(messages)
}
