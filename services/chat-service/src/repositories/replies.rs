mod ends;
mod rows;
mod turns;

use async_trait::async_trait;
use common::domain::message::{
    FinishReason, Lease, Message, MessageStatus, NewTurn, ReplyEnd, ReplyFailure,
};
use common::repositories::{Checkpoint, ReplyRepository, StoreError, TurnError};
use common::{ErrorCode, MessageId, UserId};
use platform::db::{Bell, Database, is_unique_violation, store_error};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use uuid::Uuid;

use super::entities::message::{self, json, word};
use super::search;

/// The life of replies in the service's database.
pub struct SqlReplies {
    db: Database,
    /// Rung when an owner wants a reply stopped.
    cancels: Bell,
}

impl SqlReplies {
    pub fn new(db: Database) -> Self {
        Self { cancels: Bell::new(db.clone(), "cancels"), db }
    }

    /// Makes running replies whose lease has run out `interrupted`, of those that match.
    async fn interrupt_expired(
        &self,
        connection: &impl ConnectionTrait,
        which: Condition,
    ) -> Result<u64, DbErr> {
        let failure = ReplyFailure::new(
            ErrorCode::InternalError,
            "The server stopped while it made this reply. What had come is kept; ask again.",
            true,
        );
        let interrupted = message::Entity::update_many()
            .col_expr(message::Column::Error, Expr::val(json(&failure)))
            .col_expr(message::Column::Status, Expr::val(word(MessageStatus::Interrupted)))
            .col_expr(message::Column::FinishReason, Expr::val(word(FinishReason::Error)))
            .col_expr(message::Column::LeaseUntil, Expr::val(None::<i64>))
            .filter(is_running())
            .filter(Expr::col(message::Column::LeaseUntil).lte(self.db.now_micros()))
            .filter(which)
            .exec_with_returning(connection)
            .await?;
        search::index_messages(connection, &interrupted).await?;
        Ok(interrupted.len() as u64)
    }
}

#[async_trait]
impl ReplyRepository for SqlReplies {
    async fn begin_turn(
        &self,
        owner: UserId,
        turn: &NewTurn,
        slots: u32,
    ) -> Result<(Message, Vec<Message>), TurnError> {
        self.begin(owner, turn, slots).await
    }

    async fn checkpoint(
        &self,
        reply: MessageId,
        lease: Lease,
        content: &str,
        reasoning: &str,
    ) -> Result<Checkpoint, StoreError> {
        let status = if content.is_empty() && reasoning.is_empty() {
            MessageStatus::Pending
        } else {
            MessageStatus::Streaming
        };
        let until = self.db.after(lease.length());
        // Only the flag comes back, not the text that went there.
        let statement = Query::update()
            .table(message::Entity)
            .value(message::Column::Content, content)
            .value(message::Column::Reasoning, reasoning)
            .value(message::Column::Status, word(status))
            .value(message::Column::LeaseUntil, until)
            .and_where(message::Column::Id.eq(reply.uuid()))
            .cond_where(is_held(lease.holder))
            .returning_col(message::Column::CancelRequested)
            .to_owned();
        let row = match self.db.connection().query_one(&statement).await {
            // It was reaped, and another reply runs in its place.
            Err(error) if is_another_running(&error) => None,
            other => other.map_err(store_error)?,
        };
        let Some(row) = row else {
            let there = message::Entity::find_by_id(reply.uuid()).count(self.db.connection()).await;
            let is_gone = there.map_err(store_error)? == 0;
            return Ok(if is_gone { Checkpoint::Gone } else { Checkpoint::LeaseLost });
        };
        let is_cancelled: bool = row.try_get("", "cancel_requested").map_err(store_error)?;
        Ok(if is_cancelled { Checkpoint::CancelRequested } else { Checkpoint::Stored })
    }

    async fn renew(&self, lease: Lease) -> Result<Vec<MessageId>, StoreError> {
        // Not those that another statement has just locked: it waits for others of them, perhaps, and renews or ends what it has.
        let ours = Query::select()
            .column(message::Column::Id)
            .from(message::Entity)
            .cond_where(is_running().add(message::Column::LeaseOwner.eq(lease.holder)))
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .to_owned();
        let statement = Query::update()
            .table(message::Entity)
            .value(message::Column::LeaseUntil, self.db.after(lease.length()))
            .and_where(Expr::col(message::Column::Id).in_subquery(ours))
            .returning_col(message::Column::Id)
            .to_owned();
        let renew = async {
            let rows = self.db.connection().query_all(&statement).await?;
            let ids = rows.iter().map(|row| row.try_get::<Uuid>("", "id").map(MessageId::from));
            ids.collect::<Result<_, DbErr>>()
        };
        renew.await.map_err(store_error)
    }

    async fn finish(&self, ends: &[ReplyEnd]) -> Result<Vec<MessageId>, StoreError> {
        self.end(ends).await.map_err(store_error)
    }

    async fn request_cancel(
        &self,
        owner: UserId,
        reply: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        let mine = || {
            Condition::all()
                .add(message::Column::Id.eq(reply.uuid()))
                .add(message::Column::UserId.eq(owner.uuid()))
        };
        message::Entity::update_many()
            .col_expr(message::Column::CancelRequested, Expr::val(true))
            .filter(mine())
            .filter(is_running())
            .exec(self.db.connection())
            .await
            .map_err(store_error)?;
        // Who makes it sees the note before long, called or not.
        if let Err(error) = self.cancels.ring().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "nobody was called");
        }
        let row = message::Entity::find()
            .filter(mine())
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(row.map(Message::from))
    }

    async fn cancel_called(&self) {
        self.cancels.heard().await;
    }

    async fn cancelled(&self, holder: Uuid) -> Result<Vec<MessageId>, StoreError> {
        let ids: Vec<Uuid> = message::Entity::find()
            .select_only()
            .column(message::Column::Id)
            .filter(message::Column::LeaseOwner.eq(holder))
            .filter(is_running())
            .filter(Expr::cust("cancel_requested"))
            .into_tuple()
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(ids.into_iter().map(MessageId::from).collect())
    }

    async fn reap(&self, alive: &[MessageId]) -> Result<u64, StoreError> {
        let dead = message::Column::Id.is_not_in(alive.iter().map(|id| id.uuid()));
        let dead = Condition::all().add(dead);
        let reap = async {
            let tx = self.db.begin_write().await?;
            let interrupted = self.interrupt_expired(&tx, dead).await?;
            tx.commit().await?;
            Ok(interrupted)
        };
        reap.await.map_err(store_error)
    }
}

/// In literals, so that the index of running replies serves on SQLite too.
fn is_running() -> Condition {
    Condition::all().add(Expr::cust("status IN ('pending', 'streaming')"))
}

/// A reply that is still its maker's: running, or taken for dead by mistake. Its end takes the name off.
fn is_held(holder: impl Into<SimpleExpr>) -> Condition {
    let not_ended =
        [MessageStatus::Pending, MessageStatus::Streaming, MessageStatus::Interrupted].map(word);
    Condition::all()
        .add(Expr::col(message::Column::LeaseOwner).eq(holder))
        .add(message::Column::Status.is_in(not_ended))
}

/// Whether the database refused a second running reply of one conversation and model.
fn is_another_running(error: &DbErr) -> bool {
    is_unique_violation(error, "messages_one_running", "messages.conversation_id, messages.model")
}
