use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::UserId;
use common::domain::api_key::{ApiKey, KeyChange, KeyEvent, KeyEventKind, KeyName, KeyUse};
use common::repositories::{ApiKeyRepository, StoreError};
use platform::db::{Database, store_error};
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::conversations::TOMBSTONES;
use super::entities::{api_key, key_event};

/// So few events that nobody waits for their locks.
const BATCH: u64 = 500;

/// People's own keys in the service's database.
pub struct SqlApiKeys {
    db: Database,
}

impl SqlApiKeys {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ApiKeyRepository for SqlApiKeys {
    async fn list(&self, owner: UserId) -> Result<Vec<ApiKey>, StoreError> {
        let rows = api_key::Entity::find()
            .filter(api_key::Column::UserId.eq(owner.uuid()))
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        // A name that only a newer version knows is passed over.
        Ok(rows.into_iter().filter_map(key_of).collect())
    }

    async fn update(
        &self,
        owner: UserId,
        changes: &[KeyChange],
    ) -> Result<Option<Vec<KeyName>>, StoreError> {
        let update = async {
            let tx = self.db.begin_write().await?;
            if !TOMBSTONES.buried(&tx, &[owner.uuid()]).await?.is_empty() {
                return Ok(None);
            }
            lock(&tx, api_key::Column::UserId.eq(owner.uuid()).into()).await?;
            let mut changed = Vec::new();
            for change in changes {
                if make(&tx, owner, change).await? {
                    note(&tx, [&change.event]).await?;
                    changed.push(change.event.name);
                }
            }
            tx.commit().await?;
            Ok(Some(changed))
        };
        update.await.map_err(store_error)
    }

    async fn note(&self, uses: &[KeyUse]) -> Result<(), StoreError> {
        let write = async {
            let tx = self.db.begin_write().await?;
            let mut owners: Vec<Uuid> = uses.iter().map(|one| one.event.owner.uuid()).collect();
            owners.sort_unstable();
            owners.dedup();
            let gone = TOMBSTONES.buried(&tx, &owners).await?;
            let kept: Vec<&KeyUse> =
                uses.iter().filter(|one| !gone.contains(&one.event.owner.uuid())).collect();
            note(&tx, kept.iter().map(|one| &one.event)).await?;
            let used = kept.iter().filter(|one| one.event.kind == KeyEventKind::Used);
            let ids: Vec<Uuid> = used.clone().map(|one| one.key.uuid()).collect();
            lock(&tx, api_key::Column::Id.is_in(ids).into()).await?;
            for one in used {
                was_used(&tx, one).await?;
            }
            tx.commit().await
        };
        write.await.map_err(store_error)
    }

    async fn delete(&self, owner: UserId) -> Result<(), StoreError> {
        let delete = async {
            let tx = self.db.begin_write().await?;
            lock(&tx, api_key::Column::UserId.eq(owner.uuid()).into()).await?;
            api_key::Entity::delete_many()
                .filter(api_key::Column::UserId.eq(owner.uuid()))
                .exec(&tx)
                .await?;
            key_event::Entity::delete_many()
                .filter(key_event::Column::UserId.eq(owner.uuid()))
                .exec(&tx)
                .await?;
            tx.commit().await
        };
        delete.await.map_err(store_error)
    }

    async fn purge(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut purged = 0;
        loop {
            let batch = Query::select()
                .column(key_event::Column::Id)
                .from(key_event::Entity)
                .and_where(key_event::Column::At.lt(before))
                .limit(BATCH)
                .to_owned();
            let deleted = key_event::Entity::delete_many()
                .filter(key_event::Column::Id.in_subquery(batch))
                .exec(self.db.connection())
                .await
                .map_err(store_error)?;
            purged += deleted.rows_affected;
            if deleted.rows_affected < BATCH {
                return Ok(purged);
            }
        }
    }
}

/// Locks rows in one order, before any is changed: of two that change the same ones, neither waits for the other.
async fn lock(tx: &DatabaseTransaction, which: Condition) -> Result<(), DbErr> {
    let rows = api_key::Entity::find()
        .select_only()
        .column(api_key::Column::Id)
        .filter(which)
        .order_by_asc(api_key::Column::Id)
        .lock_exclusive()
        .into_tuple::<Uuid>();
    rows.all(tx).await.map(drop)
}

/// Makes a change; whether it changed anything.
async fn make(tx: &DatabaseTransaction, owner: UserId, change: &KeyChange) -> Result<bool, DbErr> {
    let Some(key) = &change.key else {
        let deleted = api_key::Entity::delete_many()
            .filter(api_key::Column::UserId.eq(owner.uuid()))
            .filter(api_key::Column::Provider.eq(change.event.name.as_str()))
            .exec(tx)
            .await?;
        return Ok(deleted.rows_affected > 0);
    };
    let in_its_place = OnConflict::columns([api_key::Column::UserId, api_key::Column::Provider])
        .update_columns([
            api_key::Column::Id,
            api_key::Column::DataKeyId,
            api_key::Column::Sealed,
            api_key::Column::LastFour,
            api_key::Column::IsVerified,
            api_key::Column::CreatedAt,
            api_key::Column::LastUsedAt,
        ])
        .to_owned();
    api_key::Entity::insert(row_of(owner, key))
        .on_conflict(in_its_place)
        .exec_without_returning(tx)
        .await?;
    Ok(true)
}

async fn was_used(tx: &DatabaseTransaction, one: &KeyUse) -> Result<(), DbErr> {
    let at = one.event.at;
    let is_older = Condition::any()
        .add(api_key::Column::LastUsedAt.is_null())
        .add(api_key::Column::LastUsedAt.lt(at));
    api_key::Entity::update_many()
        .col_expr(api_key::Column::LastUsedAt, Expr::val(at))
        .filter(api_key::Column::Id.eq(one.key.uuid()))
        .filter(is_older)
        .exec(tx)
        .await
        .map(drop)
}

/// Writes events, in the transaction of what they are about.
async fn note(
    tx: &DatabaseTransaction,
    events: impl IntoIterator<Item = &KeyEvent>,
) -> Result<(), DbErr> {
    let rows: Vec<_> = events
        .into_iter()
        .map(|event| key_event::ActiveModel {
            id: Set(event.id.uuid()),
            user_id: Set(event.owner.uuid()),
            provider: Set(event.name.as_str().to_owned()),
            kind: Set(event.kind.as_str().to_owned()),
            at: Set(event.at),
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    // Written before, perhaps, by one who did not hear of it.
    let again = OnConflict::column(key_event::Column::Id).do_nothing().to_owned();
    key_event::Entity::insert_many(rows)
        .on_conflict(again)
        .exec_without_returning(tx)
        .await
        .map(drop)
}

fn row_of(owner: UserId, key: &ApiKey) -> api_key::ActiveModel {
    api_key::ActiveModel {
        id: Set(key.id.uuid()),
        user_id: Set(owner.uuid()),
        provider: Set(key.name.as_str().to_owned()),
        data_key_id: Set(key.data_key.uuid()),
        sealed: Set(key.sealed.clone()),
        last_four: Set(key.last_four.clone()),
        is_verified: Set(key.is_verified),
        created_at: Set(key.created_at),
        last_used_at: Set(key.last_used),
    }
}

fn key_of(row: api_key::Model) -> Option<ApiKey> {
    Some(ApiKey {
        id: row.id.into(),
        owner: row.user_id.into(),
        name: KeyName::parse(&row.provider)?,
        data_key: row.data_key_id.into(),
        sealed: row.sealed,
        last_four: row.last_four,
        is_verified: row.is_verified,
        created_at: row.created_at,
        last_used: row.last_used_at,
    })
}

#[cfg(test)]
mod tests;
