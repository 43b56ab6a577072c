//! The outbox: what another service must be told, noted in the same transaction as the change that it is about, and told
//! again and again until the other has answered. A crash in between loses nothing; the other side must take it twice.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use common::{Clock, Ids};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Index, Query, SimpleExpr, Table};
use sea_orm::{ActiveValue::Set, DatabaseTransaction};
use sea_orm_migration::SchemaManager;
use sea_orm_migration::schema::{big_integer, integer, string, text, uuid};
use serde_json::Value;
use tokio::sync::Notify;

use crate::Tasks;
use crate::db::Database;

/// How long one delivery may take.
pub const DELIVERY: Duration = Duration::from_secs(12);

/// How long a claim lasts before another replica may try.
const CLAIM: Duration = Duration::from_secs(30);
/// How often to look for what is due when nobody calls.
const LOOK: Duration = Duration::from_secs(5);
/// The longest pause between two tries: a sibling that is back must be told within a minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// So few that a sibling which takes its whole time for each does not outlast the claim.
const BATCH: u64 = 2;

#[expect(
    clippy::disallowed_methods,
    reason = "`sea_orm::model` writes code that begins transactions; nobody calls it"
)]
mod entity {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub kind: String,
        pub payload: String,
        pub attempts: i32,
        /// When to try (next), in microseconds of the database's clock.
        pub due_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Something to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxMessage {
    /// What it is about: the service's own word.
    pub kind: String,
    /// What the other side needs to know.
    pub payload: Value,
}

/// Tells the other side.
#[async_trait]
pub trait Courier: Send + Sync {
    /// Delivers one message. It may be delivered again, even when this returns well.
    ///
    /// # Errors
    /// The other side did not take it; it is tried again later.
    async fn deliver(
        &self,
        message: &OutboxMessage,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// A service's outbox.
#[derive(Clone)]
pub struct Outbox {
    db: Database,
    ids: Ids,
    call: Arc<Notify>,
    clock: Option<Arc<dyn Clock>>,
}

impl Outbox {
    /// The outbox in `db`.
    pub fn new(db: Database, ids: Ids) -> Self {
        Self { db, ids, call: Arc::default(), clock: None }
    }

    /// The same on another clock than the database's; for tests.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Makes the table; for a service's migration. What it makes never changes: a later form is a later migration.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_table(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let table = Table::create()
            .table("outbox")
            .col(uuid("id").primary_key())
            .col(string("kind"))
            .col(text("payload"))
            .col(integer("attempts"))
            .col(big_integer("due_at"))
            .to_owned();
        manager.create_table(table).await?;
        let index = Index::create().name("outbox_due_at").table("outbox").col("due_at").to_owned();
        manager.create_index(index).await
    }

    /// Notes a message in the transaction that makes the change. Call [`wake`](Self::wake) after the commit.
    ///
    /// # Errors
    /// The database's.
    pub async fn note(
        &self,
        tx: &DatabaseTransaction,
        kind: &str,
        payload: &Value,
    ) -> Result<(), DbErr> {
        let row = entity::ActiveModel {
            id: Set(self.ids.next()),
            kind: Set(kind.to_owned()),
            payload: Set(payload.to_string()),
            attempts: Set(0),
            due_at: Set(0),
        };
        entity::Entity::insert(row).exec_without_returning(tx).await.map(drop)
    }

    /// Delivers soon, rather than at the next look.
    pub fn wake(&self) {
        self.call.notify_one();
    }

    /// How many messages are still to be delivered.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn depth(&self) -> Result<u64, DbErr> {
        entity::Entity::find().count(self.db.connection()).await
    }

    /// Delivers what is due, from now on until the process stops.
    pub fn start(&self, tasks: &Tasks, courier: Arc<dyn Courier>) {
        let outbox = self.clone();
        let stop = tasks.stopping().clone();
        tasks.keep_running("outbox", async move {
            loop {
                if let Err(error) = outbox.deliver_due(&*courier).await {
                    tracing::warn!(%error, "the outbox could not be read");
                }
                let pause = tokio::time::timeout(LOOK, outbox.call.notified());
                if stop.run_until_cancelled(pause).await.is_none() {
                    return;
                }
            }
        });
    }

    /// Tries everything that is due once; how many messages were delivered.
    ///
    /// # Errors
    /// The database's.
    pub async fn deliver_due(&self, courier: &dyn Courier) -> Result<usize, DbErr> {
        let mut delivered = 0;
        loop {
            let claimed = self.claim().await?;
            if claimed.is_empty() {
                return Ok(delivered);
            }
            for row in claimed {
                let payload = serde_json::from_str(&row.payload).unwrap_or(Value::Null);
                let message = OutboxMessage { kind: row.kind, payload };
                match courier.deliver(&message).await {
                    Ok(()) => {
                        entity::Entity::delete_by_id(row.id).exec(self.db.connection()).await?;
                        delivered += 1;
                    }
                    Err(error) => {
                        tracing::warn!(
                            error,
                            kind = message.kind,
                            attempts = row.attempts,
                            "not delivered yet"
                        );
                        self.postpone(row.id, row.attempts).await?;
                    }
                }
            }
        }
    }

    /// Takes some rows for a while. The outer condition is checked again under each row's lock, so that two replicas never
    /// take the same one.
    async fn claim(&self) -> Result<Vec<entity::Model>, DbErr> {
        let due = || Expr::col(entity::Column::DueAt).lte(self.now());
        let chosen = Query::select()
            .column(entity::Column::Id)
            .from(entity::Entity)
            .and_where(due())
            .order_by(entity::Column::DueAt, sea_orm::Order::Asc)
            .limit(BATCH)
            .to_owned();
        entity::Entity::update_many()
            .col_expr(entity::Column::DueAt, self.now().add(in_micros(CLAIM)))
            .col_expr(entity::Column::Attempts, Expr::col(entity::Column::Attempts).add(1))
            .filter(entity::Column::Id.in_subquery(chosen))
            .filter(due())
            .exec_with_returning(self.db.connection())
            .await
    }

    async fn postpone(&self, id: Uuid, attempts: i32) -> Result<(), DbErr> {
        let doubled = Duration::from_secs(1 << attempts.clamp(0, 9));
        let pause = doubled.min(LONGEST_PAUSE);
        entity::Entity::update_many()
            .col_expr(entity::Column::DueAt, self.now().add(in_micros(pause)))
            .filter(entity::Column::Id.eq(id))
            .exec(self.db.connection())
            .await
            .map(drop)
    }

    fn now(&self) -> SimpleExpr {
        match &self.clock {
            None => self.db.now_micros(),
            Some(clock) => Expr::val(clock.now().timestamp_micros()),
        }
    }
}

fn in_micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
