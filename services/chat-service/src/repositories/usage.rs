use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::NaiveDate;
use common::domain::message::ReplyEnd;
use common::domain::usage::{UsageEntry, UsageGroup, UsageSpan, UsageSum};
use common::repositories::{StoreError, UsageRepository};
use common::{CompletionId, ProjectId, UserId};
use platform::db::{Database, Writes, store_error};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Order, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryResult,
    QueryTrait,
};
use uuid::Uuid;

use super::conversations::TOMBSTONES;
use super::entities::message::{count, word};
use super::entities::{daily_usage, usage_entry};

/// What people use of models, in the service's database.
pub struct SqlUsage {
    db: Database,
}

/// A line of the ledger.
struct Line<'a> {
    id: Uuid,
    owner: UserId,
    day: NaiveDate,
    usage: &'a UsageEntry,
}

impl SqlUsage {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl UsageRepository for SqlUsage {
    async fn add(
        &self,
        owner: UserId,
        completion: CompletionId,
        entry: &UsageEntry,
        day: NaiveDate,
    ) -> Result<(), StoreError> {
        let add = async {
            let tx = self.db.begin_write().await?;
            if !TOMBSTONES.buried(&tx, &[owner.uuid()]).await?.is_empty() {
                return Ok(());
            }
            let mut writes = self.db.writes();
            write(&mut writes, &[Line { id: completion.uuid(), owner, day, usage: entry }]);
            writes.run(&tx).await?;
            tx.commit().await
        };
        add.await.map_err(store_error)
    }

    async fn spent(&self, owner: UserId, day: NaiveDate) -> Result<i64, StoreError> {
        let row = daily_usage::Entity::find_by_id((owner.uuid(), day))
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(row.map_or(0, |row| row.cost_micro_usd))
    }

    async fn sums(
        &self,
        owner: UserId,
        span: UsageSpan,
        group: UsageGroup,
    ) -> Result<Vec<UsageSum>, StoreError> {
        let sums = async {
            let rows = self.db.reader().await.query_all(&sums_of(owner, span, group)).await?;
            rows.iter().map(|row| read_sum(row, group)).collect::<Result<Vec<_>, DbErr>>()
        };
        sums.await.map_err(store_error)
    }

    async fn delete(&self, owner: UserId) -> Result<(), StoreError> {
        usage_entry::Entity::delete_many()
            .filter(usage_entry::Column::UserId.eq(owner.uuid()))
            .exec(self.db.connection())
            .await
            .map_err(store_error)?;
        daily_usage::Entity::delete_many()
            .filter(daily_usage::Column::UserId.eq(owner.uuid()))
            .exec(self.db.connection())
            .await
            .map(drop)
            .map_err(store_error)
    }
}

/// Adds what replies have taken, in the transaction that stores their ends.
pub(super) fn add(writes: &mut Writes, ends: &[&ReplyEnd]) {
    let lines: Vec<_> = ends.iter().filter_map(|end| Line::of(end)).collect();
    write(writes, &lines);
}

fn write(writes: &mut Writes, lines: &[Line<'_>]) {
    if lines.is_empty() {
        return;
    }
    let rows = lines.iter().map(|line| usage_entry::ActiveModel::from(line.row()));
    writes.add(usage_entry::Entity::insert_many(rows).into_query());
    let mut costs: BTreeMap<_, i64> = BTreeMap::new();
    for line in lines {
        if let Some(cost) = line.usage.cost_micro_usd {
            *costs.entry((line.owner.uuid(), line.day)).or_default() += cost;
        }
    }
    if costs.is_empty() {
        return;
    }
    // In one order: transactions that end replies of the same people must not wait for each other.
    let rows = costs.into_iter().map(|((user_id, day), cost)| daily_usage::ActiveModel {
        user_id: Set(user_id),
        day: Set(day),
        cost_micro_usd: Set(cost),
    });
    let column = daily_usage::Column::CostMicroUsd;
    let total = Expr::col((daily_usage::Entity, column)).add(Expr::col(("excluded", column)));
    let on_conflict = OnConflict::columns([daily_usage::Column::UserId, daily_usage::Column::Day])
        .value(column, total)
        .to_owned();
    writes.add(daily_usage::Entity::insert_many(rows).on_conflict(on_conflict).into_query());
}

impl<'a> Line<'a> {
    /// A reply's, if it took anything.
    fn of(end: &'a ReplyEnd) -> Option<Self> {
        let usage = end.usage.as_ref()?;
        Some(Self { id: end.reply.uuid(), owner: end.owner, day: end.at.date_naive(), usage })
    }

    fn row(&self) -> usage_entry::Model {
        let Self { id, owner, day, usage } = *self;
        usage_entry::Model {
            id,
            user_id: owner.uuid(),
            project_id: usage.project.map(ProjectId::uuid),
            model: usage.model.clone(),
            provider: usage.provider.clone(),
            day,
            input_tokens: count(usage.tokens.input),
            cache_read_tokens: count(usage.tokens.cache_read),
            cache_write_tokens: count(usage.tokens.cache_write),
            output_tokens: count(usage.tokens.output),
            reasoning_tokens: count(usage.tokens.reasoning),
            source: word(usage.source),
            cost_micro_usd: usage.cost_micro_usd,
        }
    }
}

fn sums_of(owner: UserId, span: UsageSpan, group: UsageGroup) -> SelectStatement {
    let key = match group {
        UsageGroup::Day => usage_entry::Column::Day,
        UsageGroup::Model => usage_entry::Column::Model,
        UsageGroup::Project => usage_entry::Column::ProjectId,
    };
    // PostgreSQL sums big integers as decimals.
    let sum = |column: usage_entry::Column| Expr::col(column).sum().cast_as("bigint");
    let unpriced = Expr::col(usage_entry::Column::Id)
        .count()
        .sub(Expr::col(usage_entry::Column::CostMicroUsd).count());
    Query::select()
        .expr_as(Expr::col(key), "key")
        .expr_as(Expr::col(usage_entry::Column::Id).count(), "requests")
        .expr_as(unpriced, "unpriced")
        .expr_as(sum(usage_entry::Column::InputTokens), "input")
        .expr_as(sum(usage_entry::Column::CacheReadTokens), "cache_read")
        .expr_as(sum(usage_entry::Column::CacheWriteTokens), "cache_write")
        .expr_as(sum(usage_entry::Column::OutputTokens), "output")
        .expr_as(sum(usage_entry::Column::ReasoningTokens), "reasoning")
        .expr_as(sum(usage_entry::Column::CostMicroUsd), "cost")
        .from(usage_entry::Entity)
        .and_where(Expr::col(usage_entry::Column::UserId).eq(owner.uuid()))
        .and_where(Expr::col(usage_entry::Column::Day).between(span.from, span.to))
        .group_by_col(key)
        .order_by(key, Order::Asc)
        .to_owned()
}

fn read_sum(row: &QueryResult, group: UsageGroup) -> Result<UsageSum, DbErr> {
    let key = match group {
        UsageGroup::Day => Some(row.try_get::<NaiveDate>("", "key")?.to_string()),
        UsageGroup::Model => Some(row.try_get("", "key")?),
        UsageGroup::Project => {
            row.try_get::<Option<Uuid>>("", "key")?.map(|project| project.to_string())
        }
    };
    let number = |name| row.try_get::<i64>("", name).map(i64::unsigned_abs);
    Ok(UsageSum {
        key,
        requests: number("requests")?,
        unpriced: number("unpriced")?,
        input: number("input")?,
        cache_read: number("cache_read")?,
        cache_write: number("cache_write")?,
        output: number("output")?,
        reasoning: number("reasoning")?,
        cost_micro_usd: row.try_get::<Option<i64>>("", "cost")?.unwrap_or(0),
    })
}
