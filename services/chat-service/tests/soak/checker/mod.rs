//! Decides whether anything was lost or made up. Its witnesses are the tables, the model server's log and the clients' notes; it
//! uses plain SQL and no type of the services, so that it cannot share their mistakes.

mod laws;

use std::collections::HashMap;
use std::time::Duration;

use mock_llm::{Ended, Recorded};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};

use super::Sent;
use super::races::Write;

/// How far the store may be behind what a client was sent, in time and in bytes.
const BEHIND: Duration = Duration::from_secs(1);
const BEHIND_BYTES: usize = 4 * 1024;

/// How long a checkpoint itself may take on a machine that is busy with everything else.
const BUSY: Duration = Duration::from_secs(1);

/// A message as it is stored.
#[derive(FromQueryResult)]
struct Row {
    id: String,
    role: String,
    status: String,
    content: String,
    parent: Option<String>,
    question: Option<String>,
}

#[derive(FromQueryResult)]
struct Found {
    found: String,
}

/// What is wrong, in words; nothing, if all is well.
pub async fn objections(
    database: &impl ConnectionTrait,
    asked: &[Recorded],
    sent: &[Sent],
) -> Vec<String> {
    let mut objections = Vec::new();
    for (law, statement) in laws::LAWS {
        for Found { found } in select(database, statement).await {
            objections.push(format!("{law}: {found}"));
        }
    }
    let rows: Vec<Row> = select(
        database,
        "SELECT m.id::text, m.role, m.status, m.content, m.parent_id::text AS parent, p.content AS question
         FROM chat.messages m LEFT JOIN chat.messages p ON p.id = m.parent_id",
    )
    .await;
    objections.extend(told(&rows, sent));
    objections.extend(answered(&rows, asked));
    objections
}

/// What a conversation's columns hold must be the last that was written there, or one of those that were last at the same time.
pub async fn lost_updates(
    database: &impl ConnectionTrait,
    conversation: &str,
    writes: &[Write],
) -> Vec<String> {
    let mut objections = Vec::new();
    for column in ["title", "system_prompt", "pinned"] {
        let statement = format!(
            "SELECT coalesce({column}::text, '') AS found FROM chat.conversations WHERE id = '{conversation}'"
        );
        let Found { found } = select(database, &statement).await.remove(0);
        let of_column = || writes.iter().filter(|write| write.column == column);
        let last_began = |write: &Write| of_column().all(|other| other.began <= write.ended);
        if !of_column().any(|write| write.value == found && last_began(write)) {
            objections.push(format!("{column} has lost its last write, and is {found}"));
        }
    }
    objections
}

/// What clients were told is stored.
fn told(rows: &[Row], sent: &[Sent]) -> Vec<String> {
    let rows: HashMap<&str, &Row> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let mut objections = Vec::new();
    for sent in sent {
        if sent.is_refused && rows.values().any(|row| row.content == sent.question) {
            objections.push(format!("a refused message is stored: {}", sent.question));
        }
        let Some(user_message) = &sent.user_message else { continue };
        match rows.get(user_message.as_str()) {
            Some(row) if row.role == "user" && row.content == sent.question => {}
            Some(row) => objections.push(format!("an acknowledged message is another: {}", row.id)),
            None => objections.push(format!("an acknowledged message is gone: {user_message}")),
        }
        let reply = sent.reply.as_deref().and_then(|reply| rows.get(reply));
        match reply.filter(|reply| reply.parent.as_ref() == Some(user_message)) {
            Some(reply) => objections.extend(seen(reply, sent).map(|why| {
                format!(
                    "{why}: {} ({} of {} bytes)",
                    reply.id,
                    reply.content.len(),
                    sent.text.len()
                )
            })),
            None => objections.push(format!("an acknowledged reply is gone: {:?}", sent.reply)),
        }
    }
    objections
}

/// What a client has seen of a reply, against what is stored.
fn seen(reply: &Row, sent: &Sent) -> Option<&'static str> {
    let stored = &reply.content;
    if !stored.starts_with(&sent.text) && !sent.text.starts_with(stored) {
        return Some("a client has seen another reply than is stored");
    }
    let is_ended_so = match &sent.end {
        Some(Ok(finish)) if finish == "cancelled" => reply.status == "cancelled",
        Some(Ok(_)) => reply.status == "complete",
        Some(Err(_)) => reply.status == "interrupted" || reply.status == "failed",
        None => true,
    };
    if !is_ended_so {
        return Some("a client was told of another end than is stored");
    }
    // What a killed process had told but not yet stored is gone.
    let is_all_stored = sent.cut.is_none() || reply.status == "complete";
    if sent.end.is_some() && is_all_stored && *stored != sent.text {
        return Some("a client was told of an end, and had not all that is stored, or more");
    }
    let lost = |seen: usize| seen > stored.len();
    match sent.cut {
        Some(cut) if lost(sent.seen_at(cut - BEHIND - BUSY)) => {
            Some("the store is more than a second behind")
        }
        Some(cut) if lost(sent.seen_at(cut - BUSY).saturating_sub(BEHIND_BYTES)) => {
            Some("the store is more than 4 KiB behind")
        }
        _ => None,
    }
}

/// What is stored was said by somebody, once; and of no question was a model asked more often than there are replies to it.
fn answered(rows: &[Row], asked: &[Recorded]) -> Vec<String> {
    let mut objections = Vec::new();
    let mut calls: HashMap<&str, Vec<&Recorded>> = HashMap::new();
    let last_said = |call: &Recorded| call.messages().pop().map(|(_, text)| text);
    let said: Vec<_> = asked.iter().map(|call| last_said(call).unwrap_or_default()).collect();
    // Who is to name a conversation or to sum it up is shown both sides of it.
    for (call, text) in asked.iter().zip(&said).filter(|(_, text)| !text.contains("User:\n")) {
        calls.entry(name_of(text)).or_default().push(call);
    }
    let mut times: HashMap<&str, usize> = HashMap::new();
    let mut replies: HashMap<&str, usize> = HashMap::new();
    for row in rows {
        let Some(question) = row.question.as_ref().filter(|_| row.role == "assistant") else {
            *times.entry(name_of(&row.content)).or_default() += usize::from(row.role == "user");
            continue;
        };
        let name = name_of(question);
        *replies.entry(name).or_default() += 1;
        let calls = calls.get(name).map_or(&[][..], Vec::as_slice);
        let is_said = |call: &&Recorded| {
            call.sent.starts_with(&row.content)
                && (row.status != "complete"
                    || call.sent == row.content && call.ended == Ended::Finished)
        };
        if !calls.iter().any(is_said) && (row.status == "complete" || !row.content.is_empty()) {
            objections
                .push(format!("a {} reply is not what a model has said: {}", row.status, row.id));
        }
    }
    for (name, _) in times.iter().filter(|(_, times)| **times > 1) {
        objections.push(format!("a message is stored more than once: {name}"));
    }
    for (name, replies) in replies {
        let calls = calls.get(name).map_or(0, Vec::len);
        if calls > replies {
            objections
                .push(format!("a model was asked {calls} times for {replies} replies: {name}"));
        }
    }
    objections
}

/// A question's first word, by which it is known, also where it follows others that were not answered.
fn name_of(text: &str) -> &str {
    let start = text.rfind('#').unwrap_or_default();
    text[start..].split_whitespace().next().unwrap_or_default()
}

async fn select<T: FromQueryResult>(database: &impl ConnectionTrait, statement: &str) -> Vec<T> {
    let statement = Statement::from_string(DbBackend::Postgres, statement);
    T::find_by_statement(statement).all(database).await.unwrap()
}
