//! How the ends of replies are stored.

use std::collections::HashSet;

use common::MessageId;
use common::domain::message::ReplyEnd;
use sea_orm::sea_query::{
    Expr, ExprTrait, IntoIden, Query, SimpleExpr, TableRef, Value, ValueTuple,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter,
};
use uuid::Uuid;

use super::super::entities::conversation;
use super::super::entities::message::{self, Column, count, json, word};
use super::super::{errands, search, usage};
use super::{SqlReplies, is_held};

/// What a list of values is called, and its columns, in both databases.
const ENDS: &str = "ends";
const COLUMNS: [&str; 12] = [
    "column1", "column2", "column3", "column4", "column5", "column6", "column7", "column8",
    "column9", "column10", "column11", "column12",
];

impl SqlReplies {
    /// Stores the ends of replies that are still their makers'. Those that are stored now, or were before.
    pub(super) async fn end(&self, ends: &[ReplyEnd]) -> Result<Vec<MessageId>, DbErr> {
        if ends.is_empty() {
            return Ok(Vec::new());
        }
        let tx = self.db.begin_write().await?;
        touch(&tx, ends).await?;
        let ended = update(&tx, ends).await?;
        let (stored, rest): (Vec<&ReplyEnd>, Vec<&ReplyEnd>) =
            ends.iter().partition(|end| ended.contains(&end.reply.uuid()));
        let mut ids: Vec<MessageId> = stored.iter().map(|end| end.reply).collect();
        for end in rest {
            if is_stored(&tx, end).await? {
                ids.push(end.reply);
            }
        }
        let mut writes = self.db.writes();
        errands::note(&mut writes, &stored);
        search::index_ends(&mut writes, &stored);
        usage::add(&mut writes, &stored);
        writes.run(&tx).await?;
        tx.commit().await?;
        Ok(ids)
    }
}

/// Moves the conversations up. They are locked before their messages, and in one order, as whoever deletes them does.
async fn touch(tx: &DatabaseTransaction, ends: &[ReplyEnd]) -> Result<(), DbErr> {
    let Some(last) = ends.iter().map(|end| end.at).max() else { return Ok(()) };
    let ids = ends.iter().map(|end| end.conversation.uuid());
    let locked = Query::select()
        .column(conversation::Column::Id)
        .from(conversation::Entity)
        .and_where(conversation::Column::Id.is_in(ids))
        .order_by(conversation::Column::Id, sea_orm::Order::Asc)
        .lock_exclusive()
        .to_owned();
    let statement = Query::update()
        .table(conversation::Entity)
        .value(conversation::Column::UpdatedAt, last)
        .and_where(Expr::col(conversation::Column::Id).in_subquery(locked))
        .to_owned();
    tx.execute(&statement).await.map(drop)
}

/// Writes the ends of those that are held by who ends them, and tells which.
async fn update(tx: &DatabaseTransaction, ends: &[ReplyEnd]) -> Result<HashSet<Uuid>, DbErr> {
    let [id, holder, values @ ..] = COLUMNS.map(|column| (ENDS, column));
    let rows = ends.iter().map(|end| ValueTuple::Many(row(end).into())).collect();
    let changes = CHANGED.into_iter().zip(values.map(|value| SimpleExpr::from(Expr::col(value))));
    let statement = Query::update()
        .table(message::Entity)
        .from(TableRef::ValuesList(rows, ENDS.into_iden()))
        .values(changes)
        .value(Column::LeaseOwner, None::<Uuid>)
        .value(Column::LeaseUntil, None::<i64>)
        .and_where(Expr::col((message::Entity, Column::Id)).equals(id))
        .cond_where(is_held(Expr::col(holder)))
        .returning_col(Column::Id)
        .to_owned();
    let rows = tx.query_all(&statement).await?;
    rows.iter().map(|row| row.try_get("", "id")).collect()
}

/// What an end changes.
const CHANGED: [Column; 10] = [
    Column::Content,
    Column::Reasoning,
    Column::Status,
    Column::FinishReason,
    Column::Error,
    Column::TokenCount,
    Column::PromptTokens,
    Column::CompletionTokens,
    Column::CostMicroUsd,
    Column::AnsweredBy,
];

/// Which reply it is, whose, and what is changed to what.
fn row(end: &ReplyEnd) -> [Value; COLUMNS.len()] {
    let usage = end.usage.as_ref();
    [
        end.reply.uuid().into(),
        end.holder.into(),
        end.content.as_str().into(),
        end.reasoning.as_str().into(),
        word(end.status).into(),
        end.finish_reason.map(word).into(),
        end.error.as_ref().map(json).into(),
        count(end.tokens).into(),
        usage.map(|usage| count(usage.tokens.prompt())).into(),
        usage.map(|usage| count(usage.tokens.completion())).into(),
        usage.and_then(|usage| usage.cost_micro_usd).into(),
        end.answered_by.clone().into(),
    ]
}

/// Whether an end is stored already: by a commit that was not answered, so that it is tried again.
async fn is_stored(tx: &DatabaseTransaction, end: &ReplyEnd) -> Result<bool, DbErr> {
    let found = message::Entity::find_by_id(end.reply.uuid())
        .filter(Column::Status.eq(word(end.status)))
        .filter(Column::Content.eq(end.content.as_str()))
        .filter(Column::LeaseOwner.is_null())
        .count(tx)
        .await?;
    Ok(found > 0)
}
