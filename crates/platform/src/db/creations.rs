//! What was made by requests that have a key, so that the same request makes it once, on any replica.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::UserId;
use common::domain::idempotency::{
    Creation, CreationError, CreationKey, Fingerprint, IdempotencyKey,
};
use common::repositories::{CreationRepository, StoreError};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, Table};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use sea_orm_migration::SchemaManager;
use sea_orm_migration::prelude::Index;
use sea_orm_migration::schema::{binary, binary_null, string, timestamp_with_time_zone, uuid};
use uuid::Uuid;

use super::{Database, store_error};

const TABLE: &str = "creations";

/// The table of what was made. Write it in the transaction that makes the thing.
pub struct Creations {
    db: Database,
}

impl Creations {
    /// The table in a service's database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// Makes the table; for a service's migration. What it makes never changes: a later form is a later migration.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_table(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .col(uuid("user_id"))
            .col(string("key"))
            .col(binary("fingerprint"))
            .col(uuid("made_id"))
            .col(binary_null("answer"))
            .col(timestamp_with_time_zone("created_at"))
            .primary_key(Index::create().col("user_id").col("key"))
            .to_owned();
        manager.create_table(table).await?;
        let index =
            Index::create().name("creations_created_at").table(TABLE).col("created_at").to_owned();
        manager.create_index(index).await
    }

    /// Notes that a thing is made for a key, where there is one. What is being made for the same key is waited for.
    ///
    /// # Errors
    /// `Taken` if something else was, or the database's.
    pub async fn claim(
        tx: &DatabaseTransaction,
        owner: UserId,
        key: Option<&CreationKey>,
        made: Uuid,
        at: DateTime<Utc>,
    ) -> Result<(), CreationError> {
        let Some(CreationKey { key, answer }) = key else { return Ok(()) };
        let statement = Query::insert()
            .into_table(TABLE)
            .columns(["user_id", "key", "fingerprint", "made_id", "answer", "created_at"])
            .values_panic([
                owner.uuid().into(),
                key.key.as_str().into(),
                key.fingerprint.as_bytes().to_vec().into(),
                made.into(),
                answer.clone().into(),
                at.into(),
            ])
            .on_conflict(OnConflict::columns(["user_id", "key"]).do_nothing().to_owned())
            .to_owned();
        let noted = tx.execute(&statement).await.map_err(store_error)?;
        if noted.rows_affected() > 0 { Ok(()) } else { Err(CreationError::Taken) }
    }

    /// Forgets the keys of an owner who is gone.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget(tx: &DatabaseTransaction, owner: UserId) -> Result<(), DbErr> {
        let statement = Query::delete()
            .from_table(TABLE)
            .and_where(Expr::col("user_id").eq(owner.uuid()))
            .to_owned();
        tx.execute(&statement).await.map(drop)
    }
}

#[async_trait]
impl CreationRepository for Creations {
    async fn find(
        &self,
        owner: UserId,
        key: &IdempotencyKey,
    ) -> Result<Option<Creation>, StoreError> {
        let statement = Query::select()
            .columns(["fingerprint", "made_id", "answer"])
            .from(TABLE)
            .and_where(Expr::col("user_id").eq(owner.uuid()))
            .and_where(Expr::col("key").eq(key.as_str()))
            .to_owned();
        let find = async {
            let Some(row) = self.db.connection().query_one(&statement).await? else {
                return Ok(None);
            };
            Ok(Some(Creation {
                fingerprint: Fingerprint::stored(row.try_get("", "fingerprint")?),
                made: row.try_get("", "made_id")?,
                answer: row.try_get("", "answer")?,
            }))
        };
        find.await.map_err(store_error)
    }

    async fn delete_before(&self, before: DateTime<Utc>) -> Result<(), StoreError> {
        let statement = Query::delete()
            .from_table(TABLE)
            .and_where(Expr::col("created_at").lt(before))
            .to_owned();
        self.db.connection().execute(&statement).await.map(drop).map_err(store_error)
    }
}
