use async_trait::async_trait;
use common::domain::idempotency::{Fingerprint, RequestKey};
use common::domain::import::{Import, ImportError, ImportStatus};
use common::domain::message::Lease;
use common::repositories::{StoreError, UploadRepository};
use common::{ImportId, UserId};
use platform::db::{is_unique_violation, store_error};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
};
use uuid::Uuid;

use super::super::entities::import::{ActiveModel, Column, Entity};
use super::super::entities::import_piece;
use super::super::entities::message::word;
use super::{SqlImports, held, is_unfinished};

#[async_trait]
impl UploadRepository for SqlImports {
    async fn begin(&self, import: &Import, lease: Lease, most: u64) -> Result<(), ImportError> {
        let coming = is_unfinished(ImportStatus::Receiving)
            .add(Expr::col(Column::LeaseUntil).gt(self.db.now_micros()));
        let on_their_way = Condition::any().add(coming).add(is_unfinished(ImportStatus::Running));
        let begin = async {
            let tx = self.db.begin_write().await?;
            let others = Entity::find()
                .filter(Column::UserId.eq(import.owner.uuid()))
                .filter(on_their_way)
                .count(&tx)
                .await?;
            if others >= most {
                return Ok(false);
            }
            Entity::insert(row_of(import, lease)).exec_without_returning(&tx).await?;
            Entity::update_many()
                .col_expr(Column::LeaseUntil, self.db.after(lease.length()))
                .filter(Column::Id.eq(import.id.uuid()))
                .exec(&tx)
                .await?;
            tx.commit().await?;
            Ok(true)
        };
        let begun: Result<bool, DbErr> = begin.await;
        if begun.map_err(store_error)? { Ok(()) } else { Err(ImportError::TooMany) }
    }

    async fn append(
        &self,
        id: ImportId,
        lease: Lease,
        number: u32,
        piece: &[u8],
    ) -> Result<(), ImportError> {
        let row = import_piece::ActiveModel {
            import_id: Set(id.uuid()),
            number: Set(i32::try_from(number).unwrap_or(i32::MAX)),
            data: Set(piece.to_vec()),
        };
        let append = async {
            let tx = self.db.begin_write().await?;
            let kept = Entity::update_many()
                .col_expr(Column::LeaseUntil, self.db.after(lease.length()))
                .filter(held(id, lease, ImportStatus::Receiving))
                .exec(&tx)
                .await?;
            if kept.rows_affected == 0 {
                return Ok(false);
            }
            import_piece::Entity::insert(row).exec_without_returning(&tx).await?;
            tx.commit().await?;
            Ok(true)
        };
        let appended: Result<bool, DbErr> = append.await;
        if appended.map_err(store_error)? { Ok(()) } else { Err(ImportError::Lost) }
    }

    async fn accept(
        &self,
        import: &Import,
        lease: Lease,
        key: Option<&RequestKey>,
    ) -> Result<ImportId, ImportError> {
        let name = key.map(|key| key.key.as_str().to_owned());
        let fingerprint = key.map(|key| key.fingerprint.as_bytes().to_vec());
        let accepted = Entity::update_many()
            .col_expr(Column::Status, Expr::val(word(ImportStatus::Running)))
            .col_expr(Column::Key, Expr::val(name.clone()))
            .col_expr(Column::Fingerprint, Expr::val(fingerprint))
            .col_expr(Column::LeaseOwner, Expr::val(None::<Uuid>))
            .col_expr(Column::LeaseUntil, Expr::val(0_i64))
            .filter(held(import.id, lease, ImportStatus::Receiving))
            .exec(self.db.connection())
            .await;
        match accepted {
            Ok(accepted) if accepted.rows_affected > 0 => return Ok(import.id),
            Ok(_) => return Err(ImportError::Lost),
            Err(error)
                if is_unique_violation(&error, "imports_key", "imports.user_id, imports.key") => {}
            Err(error) => return Err(store_error(error).into()),
        }
        self.abandon(import.owner, import.id).await?;
        let earlier = Entity::find()
            .filter(Column::UserId.eq(import.owner.uuid()))
            .filter(Column::Key.eq(name))
            .one(self.db.connection())
            .await
            .map_err(store_error)?
            .ok_or(ImportError::Lost)?;
        let asked = Fingerprint::stored(earlier.fingerprint.unwrap_or_default());
        if key.is_some_and(|key| key.fingerprint == asked) {
            Ok(earlier.id.into())
        } else {
            Err(ImportError::IdempotencyMismatch)
        }
    }

    async fn abandon(&self, owner: UserId, id: ImportId) -> Result<(), StoreError> {
        let abandoned = Entity::delete_many()
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::UserId.eq(owner.uuid()))
            .filter(is_unfinished(ImportStatus::Receiving))
            .exec(self.db.connection());
        abandoned.await.map(drop).map_err(store_error)
    }

    async fn piece(&self, id: ImportId, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let key = (id.uuid(), i32::try_from(number).unwrap_or(i32::MAX));
        let piece = import_piece::Entity::find_by_id(key).one(self.db.connection()).await;
        Ok(piece.map_err(store_error)?.map(|piece| piece.data))
    }
}

fn row_of(import: &Import, lease: Lease) -> ActiveModel {
    ActiveModel {
        id: Set(import.id.uuid()),
        user_id: Set(import.owner.uuid()),
        status: Set(word(ImportStatus::Receiving)),
        position: Set(0),
        conversations: Set(0),
        skipped_conversations: Set(0),
        messages: Set(0),
        skipped_messages: Set(0),
        shortened_messages: Set(0),
        error: Set(None),
        attempts: Set(0),
        created_at: Set(import.created_at),
        ended_at: Set(None),
        key: Set(None),
        fingerprint: Set(None),
        lease_owner: Set(Some(lease.holder)),
        lease_until: Set(None),
    }
}
