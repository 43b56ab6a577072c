//! Files of conversations, and the jobs that read them.

mod rows;
#[cfg(test)]
mod tests;
mod uploads;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::domain::import::{Import, ImportError, ImportStatus, ImportedConversation};
use common::domain::message::Lease;
use common::repositories::{ImportRepository, StoreError};
use common::{ImportId, UserId};
use platform::db::{Database, store_error};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, UpdateMany};
use uuid::Uuid;

use super::conversations::{CONVERSATION_COUNTS, TOMBSTONES};
use super::entities::import::{Column, Entity};
use super::entities::import_piece;
use super::entities::message::word;
use super::leases::take_up;
use super::search;

/// Imports in the service's database.
pub struct SqlImports {
    db: Database,
}

impl SqlImports {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ImportRepository for SqlImports {
    async fn find(&self, owner: UserId, id: ImportId) -> Result<Option<Import>, StoreError> {
        let found = Entity::find_by_id(id.uuid())
            .filter(Column::UserId.eq(owner.uuid()))
            .filter(Column::Status.ne(word(ImportStatus::Receiving)))
            .one(self.db.connection())
            .await;
        Ok(found.map_err(store_error)?.map(Into::into))
    }

    async fn take_up(&self, lease: Lease) -> Result<Option<Import>, StoreError> {
        let running = is_unfinished(ImportStatus::Running);
        let taken = take_up::<Entity>(&self.db, running, Column::LeaseUntil, lease).await;
        Ok(taken.map_err(store_error)?.map(Into::into))
    }

    async fn keep(&self, id: ImportId, lease: Lease) -> Result<bool, StoreError> {
        let kept = Entity::update_many()
            .col_expr(Column::LeaseUntil, self.db.after(lease.length()))
            .filter(held(id, lease, ImportStatus::Running))
            .exec(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(kept.rows_affected > 0)
    }

    async fn store(
        &self,
        import: &Import,
        lease: Lease,
        imported: &ImportedConversation,
    ) -> Result<(), ImportError> {
        let backend = self.db.connection().get_database_backend();
        let messages = imported.messages.iter().map(|record| &record.message);
        let texts = search::prepare(backend, import.owner, messages).await;
        let tx = self.db.begin_write().await.map_err(store_error)?;
        let owner = import.owner.uuid();
        if !TOMBSTONES.buried(&tx, &[owner]).await.map_err(store_error)?.is_empty() {
            return Err(ImportError::OwnerGone);
        }
        let store = async {
            let stored = stand(import, lease)
                .col_expr(Column::LeaseUntil, self.db.after(lease.length()))
                .exec(&tx)
                .await?;
            if stored.rows_affected == 0 {
                return Ok(false);
            }
            rows::insert(&tx, imported).await?;
            texts.run(&tx).await?;
            CONVERSATION_COUNTS.add(&tx, import.owner, 1).await?;
            tx.commit().await?;
            Ok(true)
        };
        if store.await.map_err(store_error)? { Ok(()) } else { Err(ImportError::Lost) }
    }

    async fn let_go(&self, id: ImportId, lease: Lease, pause: Duration) -> Result<(), StoreError> {
        let let_go = Entity::update_many()
            .col_expr(Column::LeaseUntil, self.db.after(pause))
            .col_expr(Column::LeaseOwner, Expr::val(None::<Uuid>))
            .filter(held(id, lease, ImportStatus::Running))
            .exec(self.db.connection());
        let_go.await.map(drop).map_err(store_error)
    }

    async fn end(&self, import: &Import, lease: Lease) -> Result<(), StoreError> {
        let end = async {
            let tx = self.db.begin_write().await?;
            let ended = stand(import, lease)
                .col_expr(Column::Status, Expr::val(word(import.status)))
                .col_expr(Column::Error, Expr::val(import.error.clone()))
                .col_expr(Column::EndedAt, Expr::val(import.ended_at))
                .exec(&tx)
                .await?;
            if ended.rows_affected > 0 {
                import_piece::Entity::delete_many()
                    .filter(import_piece::Column::ImportId.eq(import.id.uuid()))
                    .exec(&tx)
                    .await?;
            }
            tx.commit().await
        };
        end.await.map_err(store_error)
    }

    async fn delete_of_user(&self, owner: UserId) -> Result<(), StoreError> {
        let deleted = Entity::delete_many()
            .filter(Column::UserId.eq(owner.uuid()))
            .exec(self.db.connection());
        deleted.await.map(drop).map_err(store_error)
    }

    async fn tidy(
        &self,
        keys_before: DateTime<Utc>,
        ended_before: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let stopped = is_unfinished(ImportStatus::Receiving)
            .add(Expr::col(Column::LeaseUntil).lte(self.db.now_micros()));
        let old = Condition::any().add(Column::EndedAt.lt(ended_before)).add(stopped);
        let tidy = async {
            let db = self.db.connection();
            Entity::update_many()
                .col_expr(Column::Key, Expr::val(None::<String>))
                .filter(Column::CreatedAt.lt(keys_before))
                .filter(Column::Key.is_not_null())
                .exec(db)
                .await?;
            Entity::delete_many().filter(old).exec(db).await.map(drop)
        };
        let tidied: Result<(), DbErr> = tidy.await;
        tidied.map_err(store_error)
    }
}

/// In a form that the index of unfinished ones serves.
fn is_unfinished(status: ImportStatus) -> Condition {
    Condition::all().add(Column::EndedAt.is_null()).add(Column::Status.eq(word(status)))
}

fn held(id: ImportId, lease: Lease, status: ImportStatus) -> Condition {
    is_unfinished(status).add(Column::Id.eq(id.uuid())).add(Column::LeaseOwner.eq(lease.holder))
}

/// Stores how far an import is, if it is the holder's.
fn stand(import: &Import, lease: Lease) -> UpdateMany<Entity> {
    let tally = import.tally;
    let columns = [
        (Column::Position, import.position),
        (Column::Conversations, tally.conversations),
        (Column::SkippedConversations, tally.skipped_conversations),
        (Column::Messages, tally.messages),
        (Column::SkippedMessages, tally.skipped_messages),
        (Column::ShortenedMessages, tally.shortened_messages),
    ];
    columns
        .into_iter()
        .fold(Entity::update_many(), |update, (column, value)| {
            update.col_expr(column, Expr::val(value.cast_signed()))
        })
        .filter(held(import.id, lease, ImportStatus::Running))
}
