//! What texts can be found by: an index beside the tables, written in the transaction that writes the text.
//!
//! An entry is a text: a message, or what a conversation is called. It never stands in the text's way: what cannot be indexed
//! cannot be found. Its owner is a word of every entry, and every search asks for that word too, so that it goes through what
//! one person said and not through what everybody did.

mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;
mod words;

use common::UserId;
use common::domain::message::{Message, MessageStatus, NewTurn, Question, ReplyEnd};
use platform::db::{Database, Writes};
use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait, InsertStatement, SelectStatement, SimpleExpr,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use uuid::Uuid;

use self::words::{INDEXED_BYTES, Query};
use super::entities::message::word;
use super::entities::{conversation, message, model_context};

/// So many that few texts are in memory at once.
const INDEXED_AT_ONCE: u64 = 500;

/// A text that can be found.
struct Text<'a> {
    /// The message's id, or the conversation's, if this is about the conversation.
    id: Uuid,
    conversation: Uuid,
    owner: Uuid,
    text: &'a str,
}

/// What an engine keeps of texts, and how it is asked. It speaks in statements, for whoever has a transaction.
trait SearchIndex {
    /// Lets some texts, no two of them the same, be found by the words that they now have.
    fn store(&self, texts: &[Text<'_>]) -> Vec<InsertStatement>;
    /// Takes away what would not go with conversations that are about to be deleted, if there is such.
    fn forget(&self, conversations: &[Uuid]) -> Option<DeleteStatement>;
    /// The ids of the owner's conversations that have a text with all that is asked for.
    fn matching(&self, owner: Uuid, query: &Query) -> SelectStatement;
}

fn index_of(backend: DbBackend) -> &'static dyn SearchIndex {
    match backend {
        DbBackend::Postgres => &postgres::Postgres,
        _ => &sqlite::Sqlite,
    }
}

/// An owner as a word that stands in no text.
fn owner_word(owner: Uuid) -> String {
    format!("={}", owner.simple())
}

/// Whether a conversation of the owner's has a text with all that was typed. If that has no word, none has.
pub(super) fn found(db: &Database, owner: UserId, typed: &str) -> SimpleExpr {
    match Query::read(typed) {
        Some(query) => {
            let backend = db.connection().get_database_backend();
            let matching = index_of(backend).matching(owner.uuid(), &query);
            conversation::Column::Id.in_subquery(matching)
        }
        None => Expr::val(1).eq(0),
    }
}

/// Indexes what a conversation is called, where it has no summary yet.
pub(super) async fn index_title(
    connection: &impl ConnectionTrait,
    owner: UserId,
    conversation: Uuid,
    title: &str,
) -> Result<(), DbErr> {
    store(connection, &[about(owner, conversation, title)]).await
}

/// What a conversation is called, as a text that can be found.
fn about(owner: UserId, conversation: Uuid, text: &str) -> Text<'_> {
    Text { id: conversation, conversation, owner: owner.uuid(), text }
}

/// Indexes what a conversation is called together with its newest summary, as they now are. The conversation must be locked, so
/// that of two changes the later one is not undone.
pub(super) async fn index_about(
    connection: &impl ConnectionTrait,
    owner: UserId,
    conversation: Uuid,
) -> Result<(), DbErr> {
    let title: Option<Option<String>> = conversation::Entity::find_by_id(conversation)
        .select_only()
        .column(conversation::Column::Title)
        .into_tuple()
        .one(connection)
        .await?;
    let summary: Option<Option<String>> = model_context::Entity::find()
        .filter(model_context::Column::ConversationId.eq(conversation))
        .filter(model_context::Column::Summary.is_not_null())
        .order_by_desc(model_context::Column::SummaryUpdatedAt)
        .select_only()
        .column(model_context::Column::Summary)
        .into_tuple()
        .one(connection)
        .await?;
    let texts: Vec<String> = [title, summary].into_iter().flatten().flatten().collect();
    index_title(connection, owner, conversation, &texts.join("\n\n")).await
}

/// Indexes the conversations that have a summary; for the migration that lets summaries be found.
pub async fn index_summaries(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    let summarized = SelectStatement::new()
        .column(model_context::Column::ConversationId)
        .from(model_context::Entity)
        .and_where(model_context::Column::Summary.is_not_null())
        .to_owned();
    let ids: Vec<(Uuid, Uuid)> = conversation::Entity::find()
        .filter(conversation::Column::Id.in_subquery(summarized))
        .select_only()
        .columns([conversation::Column::Id, conversation::Column::UserId])
        .into_tuple()
        .all(connection)
        .await?;
    for (conversation, owner) in ids {
        index_about(connection, owner.into(), conversation).await?;
    }
    Ok(())
}

/// Indexes what the user says in a turn, and the title if that is the conversation's first.
pub(super) fn index_turn(writes: &mut Writes, owner: UserId, turn: &NewTurn, is_titled: bool) {
    let conversation = turn.conversation.uuid();
    let title = is_titled.then(|| about(owner, conversation, &turn.title));
    let said = match &turn.question {
        Question::New(question) => Some(question),
        Question::Again { .. } => None,
    };
    let said = said.map(|question| {
        let (id, text) = (question.id.uuid(), question.content.as_str());
        Text { id, conversation, owner: owner.uuid(), text }
    });
    let texts: Vec<Text<'_>> = title.into_iter().chain(said).collect();
    add(writes, &texts);
}

/// Indexes replies that have ended.
pub(super) fn index_ends(writes: &mut Writes, ends: &[&ReplyEnd]) {
    let texts = ends.iter().map(|end| {
        let (id, conversation) = (end.reply.uuid(), end.conversation.uuid());
        Text { id, conversation, owner: end.owner.uuid(), text: &end.content }
    });
    add(writes, &texts.collect::<Vec<_>>());
}

/// Indexes messages as they are stored.
pub(super) async fn index_messages(
    connection: &impl ConnectionTrait,
    messages: &[message::Model],
) -> Result<(), DbErr> {
    let texts = messages.iter().map(|row| {
        let (id, conversation, owner) = (row.id, row.conversation_id, row.user_id);
        Text { id, conversation, owner, text: &row.content }
    });
    store(connection, &texts.collect::<Vec<_>>()).await
}

/// What indexes messages that are about to be stored, made before anything is locked: of many it takes a while.
pub(super) async fn prepare(
    backend: DbBackend,
    owner: UserId,
    messages: impl Iterator<Item = &Message>,
) -> Writes {
    let mut writes = Writes::new(backend);
    for message in messages {
        let (id, conversation) = (message.id.uuid(), message.conversation.uuid());
        let text = Text { id, conversation, owner: owner.uuid(), text: &message.content };
        add(&mut writes, &[text]);
        tokio::task::yield_now().await;
    }
    writes
}

/// Takes out conversations that are about to be deleted.
pub(super) async fn forget(
    connection: &impl ConnectionTrait,
    conversations: &[Uuid],
) -> Result<(), DbErr> {
    match index_of(connection.get_database_backend()).forget(conversations) {
        Some(statement) => connection.execute(&statement).await.map(drop),
        None => Ok(()),
    }
}

/// Indexes all that there is; for the migration that makes the index.
pub async fn index_all(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    let titles = conversation::Entity::find()
        .select_only()
        .column(conversation::Column::Id)
        .column_as(conversation::Column::Id, "conversation_id")
        .column(conversation::Column::UserId)
        .column(conversation::Column::Title)
        .filter(conversation::Column::Title.is_not_null());
    index_rows(connection, titles, conversation::Column::Id).await?;
    let running = [MessageStatus::Pending, MessageStatus::Streaming].map(word);
    let messages = message::Entity::find()
        .select_only()
        .columns([message::Column::Id, message::Column::ConversationId, message::Column::UserId])
        .expr_as(Expr::cust(format!("substr(content, 1, {INDEXED_BYTES})")), "content")
        .filter(message::Column::Status.is_not_in(running));
    index_rows(connection, messages, message::Column::Id).await
}

/// Indexes rows of an id, a conversation, an owner and a text.
async fn index_rows<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    rows: Select<E>,
    key: impl ColumnTrait,
) -> Result<(), DbErr> {
    let mut after = Uuid::nil();
    loop {
        let some: Vec<(Uuid, Uuid, Uuid, String)> = rows
            .clone()
            .filter(key.gt(after))
            .order_by_asc(key)
            .limit(INDEXED_AT_ONCE)
            .into_tuple()
            .all(connection)
            .await?;
        let Some((last, ..)) = some.last() else { return Ok(()) };
        after = *last;
        for (id, conversation, owner, text) in &some {
            let text = Text { id: *id, conversation: *conversation, owner: *owner, text };
            store(connection, &[text]).await?;
        }
    }
}

async fn store(connection: &impl ConnectionTrait, texts: &[Text<'_>]) -> Result<(), DbErr> {
    let mut writes = Writes::new(connection.get_database_backend());
    add(&mut writes, texts);
    writes.run(connection).await
}

fn add(writes: &mut Writes, texts: &[Text<'_>]) {
    if !texts.is_empty() {
        index_of(writes.backend()).store(texts).into_iter().for_each(|entries| writes.add(entries));
    }
}
