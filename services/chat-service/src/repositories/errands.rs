use std::time::Duration;

use async_trait::async_trait;
use common::ErrandId;
use common::domain::errand::Errand;
use common::domain::message::{Lease, ReplyEnd};
use common::repositories::{ErrandRepository, StoreError};
use platform::db::{Database, store_error};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, Order, QueryFilter,
};

use super::entities::errand::{ActiveModel, Column, Entity, Model};
use super::entities::message::{count, word};

/// Errands in the service's database.
pub struct SqlErrands {
    db: Database,
}

impl SqlErrands {
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// So long from now, by the database's clock.
    fn after(&self, pause: Duration) -> SimpleExpr {
        self.db.now_micros().add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX / 2))
    }

    fn until(&self, lease: Lease) -> SimpleExpr {
        self.after(Duration::from_secs(lease.seconds.into()))
    }
}

#[async_trait]
impl ErrandRepository for SqlErrands {
    async fn take_up(&self, lease: Lease) -> Result<Option<Errand>, StoreError> {
        // Checked again under the row's lock, so that two replicas never take the same one.
        let is_idle = || Expr::col(Column::LeaseUntil).lte(self.db.now_micros());
        let chosen = Query::select()
            .column(Column::Id)
            .from(Entity)
            .and_where(is_idle())
            .order_by(Column::LeaseUntil, Order::Asc)
            .limit(1)
            .to_owned();
        let taken = Entity::update_many()
            .col_expr(Column::LeaseOwner, Expr::val(Some(lease.holder)))
            .col_expr(Column::LeaseUntil, self.until(lease))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .filter(Column::Id.in_subquery(chosen))
            .filter(is_idle())
            .exec_with_returning(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(taken.into_iter().next().and_then(Model::read))
    }

    async fn keep(&self, id: ErrandId, lease: Lease) -> Result<bool, StoreError> {
        let kept = Entity::update_many()
            .col_expr(Column::LeaseUntil, self.until(lease))
            .filter(held(id, lease))
            .exec(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(kept.rows_affected > 0)
    }

    async fn let_go(&self, id: ErrandId, lease: Lease, pause: Duration) -> Result<(), StoreError> {
        let let_go = Entity::update_many()
            .col_expr(Column::LeaseUntil, self.after(pause))
            .col_expr(Column::LeaseOwner, Expr::val(None::<uuid::Uuid>))
            .filter(held(id, lease))
            .exec(self.db.connection());
        let_go.await.map(drop).map_err(store_error)
    }

    async fn end(&self, id: ErrandId, lease: Lease) -> Result<(), StoreError> {
        let ended = Entity::delete_many().filter(held(id, lease)).exec(self.db.connection());
        ended.await.map(drop).map_err(store_error)
    }
}

fn held(id: ErrandId, lease: Lease) -> Condition {
    Condition::all().add(Column::Id.eq(id.uuid())).add(Column::LeaseOwner.eq(lease.holder))
}

/// Notes what is to be asked now that replies have ended, in the transaction that stores their ends. What is noted already is
/// not noted again: who does it looks at all that was said by then.
pub(super) async fn note(tx: &DatabaseTransaction, ends: &[&ReplyEnd]) -> Result<(), DbErr> {
    let rows: Vec<ActiveModel> =
        ends.iter().flat_map(|end| &end.errands).map(|errand| row_of(errand).into()).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let one_of_each = OnConflict::columns([Column::ConversationId, Column::Model, Column::Kind])
        .do_nothing()
        .to_owned();
    Entity::insert_many(rows).on_conflict(one_of_each).exec_without_returning(tx).await.map(drop)
}

fn row_of(errand: &Errand) -> Model {
    Model {
        id: errand.id.uuid(),
        user_id: errand.owner.uuid(),
        conversation_id: errand.conversation.uuid(),
        model: errand.model.clone(),
        kind: word(errand.kind),
        attempts: count(errand.attempts),
        created_at: errand.created_at,
        lease_owner: None,
        lease_until: 0,
    }
}
