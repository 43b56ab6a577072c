use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::NaiveDate;
use common::UserId;
use common::domain::message::ReplyEnd;
use common::repositories::{StoreError, UsageRepository};
use platform::db::{Database, store_error};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
};

use super::entities::daily_usage;

/// What people's replies have cost, in the service's database.
pub struct SqlUsage {
    db: Database,
}

impl SqlUsage {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl UsageRepository for SqlUsage {
    async fn spent(&self, owner: UserId, day: NaiveDate) -> Result<i64, StoreError> {
        let row = daily_usage::Entity::find_by_id((owner.uuid(), day))
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(row.map_or(0, |row| row.cost_micro_usd))
    }

    async fn delete(&self, owner: UserId) -> Result<(), StoreError> {
        daily_usage::Entity::delete_many()
            .filter(daily_usage::Column::UserId.eq(owner.uuid()))
            .exec(self.db.connection())
            .await
            .map(drop)
            .map_err(store_error)
    }
}

/// Adds what replies have cost, in the transaction that stores their ends. Last in it, and in one order: transactions that
/// end replies of the same people must not wait for each other.
pub(super) async fn add(
    tx: &DatabaseTransaction,
    ends: impl IntoIterator<Item = &ReplyEnd>,
) -> Result<(), DbErr> {
    let mut costs: BTreeMap<_, i64> = BTreeMap::new();
    for end in ends {
        if let Some(cost) = end.usage.and_then(|usage| usage.cost_micro_usd) {
            *costs.entry((end.owner.uuid(), end.at.date_naive())).or_default() += cost;
        }
    }
    for ((user_id, day), cost) in costs {
        let row = daily_usage::ActiveModel {
            user_id: Set(user_id),
            day: Set(day),
            cost_micro_usd: Set(cost),
        };
        let column = daily_usage::Column::CostMicroUsd;
        let total = Expr::col((daily_usage::Entity, column)).add(cost);
        let on_conflict =
            OnConflict::columns([daily_usage::Column::UserId, daily_usage::Column::Day])
                .value(column, total)
                .to_owned();
        daily_usage::Entity::insert(row)
            .on_conflict(on_conflict)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}
