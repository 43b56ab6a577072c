//! How many rows each owner has, kept beside the rows so that no list has to count them.

use common::UserId;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, Table};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use sea_orm_migration::SchemaManager;
use sea_orm_migration::schema::{big_integer, uuid};

/// A table of counts. Change it in the transaction that changes the rows.
#[derive(Debug, Clone, Copy)]
pub struct Counts(pub &'static str);

impl Counts {
    /// Makes the table; for a service's migration. What it makes never changes: a later form is a later migration.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_table(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let table = Table::create()
            .table(self.0)
            .col(uuid("user_id").primary_key())
            .col(big_integer("count"))
            .to_owned();
        manager.create_table(table).await
    }

    /// Counts `more` rows of an owner, or fewer.
    ///
    /// # Errors
    /// The database's.
    pub async fn add(
        self,
        tx: &DatabaseTransaction,
        owner: UserId,
        more: i64,
    ) -> Result<(), DbErr> {
        let counted = Expr::col((self.0, "count")).add(more);
        let statement = Query::insert()
            .into_table(self.0)
            .columns(["user_id", "count"])
            .values_panic([owner.uuid().into(), more.into()])
            .on_conflict(OnConflict::column("user_id").value("count", counted).to_owned())
            .to_owned();
        tx.execute(&statement).await.map(drop)
    }

    /// Makes whoever else changes an owner's count, or asks for this, wait until the transaction ends.
    ///
    /// # Errors
    /// The database's.
    pub async fn lock(self, tx: &DatabaseTransaction, owner: UserId) -> Result<(), DbErr> {
        let statement = Query::select()
            .column("count")
            .from(self.0)
            .and_where(Expr::col("user_id").eq(owner.uuid()))
            .lock_exclusive()
            .to_owned();
        tx.query_one(&statement).await.map(drop)
    }

    /// Forgets an owner who has no rows left and will have none.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget(self, tx: &DatabaseTransaction, owner: UserId) -> Result<(), DbErr> {
        let statement = Query::delete()
            .from_table(self.0)
            .and_where(Expr::col("user_id").eq(owner.uuid()))
            .to_owned();
        tx.execute(&statement).await.map(drop)
    }

    /// How many rows an owner has.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(self, connection: &impl ConnectionTrait, owner: UserId) -> Result<u64, DbErr> {
        let statement = Query::select()
            .column("count")
            .from(self.0)
            .and_where(Expr::col("user_id").eq(owner.uuid()))
            .to_owned();
        let row = connection.query_one(&statement).await?;
        let count: i64 = row.map(|row| row.try_get("", "count")).transpose()?.unwrap_or_default();
        Ok(count.unsigned_abs())
    }
}
