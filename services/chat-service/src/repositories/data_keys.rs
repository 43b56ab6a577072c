use async_trait::async_trait;
use common::DataKeyId;
use common::domain::data_key::DataKey;
use common::repositories::{DataKeyRepository, StoreError};
use platform::db::{Database, store_error};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entities::data_key;

/// Data keys in the service's database.
pub struct SqlDataKeys {
    db: Database,
}

impl SqlDataKeys {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl DataKeyRepository for SqlDataKeys {
    async fn find(&self, id: DataKeyId) -> Result<Option<DataKey>, StoreError> {
        let row = data_key::Entity::find_by_id(id.uuid())
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(row.map(Into::into))
    }

    async fn take(&self, limit: u32) -> Result<Option<DataKey>, StoreError> {
        let take = async {
            let tx = self.db.begin_write().await?;
            // The newest: those before it are full.
            let newest = data_key::Entity::find()
                .order_by_desc(data_key::Column::Id)
                .lock_exclusive()
                .one(&tx)
                .await?;
            let Some(row) = newest.filter(|row| row.seals < i64::from(limit)) else {
                return Ok(None);
            };
            data_key::Entity::update_many()
                .col_expr(
                    data_key::Column::Seals,
                    Expr::col((data_key::Entity, data_key::Column::Seals)).add(1),
                )
                .filter(data_key::Column::Id.eq(row.id))
                .exec(&tx)
                .await?;
            tx.commit().await?;
            Ok(Some(row.into()))
        };
        take.await.map_err(store_error)
    }

    async fn insert(&self, key: &DataKey) -> Result<(), StoreError> {
        let row = data_key::ActiveModel {
            id: Set(key.id.uuid()),
            wrapped: Set(key.wrapped.clone()),
            wrapping_key: Set(key.wrapping_key.clone()),
            seals: Set(1),
            created_at: Set(key.created_at),
        };
        data_key::Entity::insert(row)
            .exec_without_returning(self.db.connection())
            .await
            .map(drop)
            .map_err(store_error)
    }

    async fn wrapped_otherwise(
        &self,
        current: &str,
        after: Option<DataKeyId>,
        limit: u32,
    ) -> Result<Vec<DataKey>, StoreError> {
        let mut select = data_key::Entity::find()
            .filter(data_key::Column::WrappingKey.ne(current))
            .order_by_asc(data_key::Column::Id)
            .limit(u64::from(limit));
        if let Some(after) = after {
            select = select.filter(data_key::Column::Id.gt(after.uuid()));
        }
        let rows = select.all(self.db.connection()).await.map_err(store_error)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    async fn count_wrapped_otherwise(&self, current: &str) -> Result<u64, StoreError> {
        data_key::Entity::find()
            .filter(data_key::Column::WrappingKey.ne(current))
            .count(self.db.connection())
            .await
            .map_err(store_error)
    }

    async fn rewrap(&self, key: &DataKey, was: &[u8]) -> Result<bool, StoreError> {
        let rewrapped = data_key::Entity::update_many()
            .col_expr(data_key::Column::Wrapped, Expr::val(key.wrapped.clone()))
            .col_expr(data_key::Column::WrappingKey, Expr::val(key.wrapping_key.clone()))
            .filter(data_key::Column::Id.eq(key.id.uuid()))
            .filter(data_key::Column::Wrapped.eq(was.to_vec()))
            .exec(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(rewrapped.rows_affected > 0)
    }
}

impl From<data_key::Model> for DataKey {
    fn from(row: data_key::Model) -> Self {
        Self {
            id: row.id.into(),
            wrapped: row.wrapped,
            wrapping_key: row.wrapping_key,
            created_at: row.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use common::Clock;
    use futures_util::future::join_all;
    use rstest::rstest;
    use testkit::{Engine, a_clock};
    use uuid::Uuid;

    use super::super::contract::schema;
    use super::*;

    fn a_data_key(number: u128, wrapping_key: &str) -> DataKey {
        DataKey {
            id: Uuid::from_u128(number).into(),
            wrapped: vec![1, 2, 3],
            wrapping_key: wrapping_key.to_owned(),
            created_at: a_clock().now(),
        }
    }

    #[rstest]
    #[tokio::test]
    async fn the_newest_is_taken_until_it_is_full(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let schema = schema(engine).await;
        let keys = SqlDataKeys::new(schema.db.clone());
        assert_eq!(keys.take(3).await.unwrap(), None);
        let (one, two) = (a_data_key(1, "a"), a_data_key(2, "a"));
        keys.insert(&one).await.unwrap();
        assert_eq!(keys.find(one.id).await.unwrap(), Some(one.clone()));
        assert_eq!(keys.find(two.id).await.unwrap(), None);
        let taken = join_all((0..5).map(|_| keys.take(3))).await;
        let taken: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(taken, [one.clone(), one]);
        keys.insert(&two).await.unwrap();
        assert_eq!(keys.take(3).await.unwrap(), Some(two));
    }

    #[rstest]
    #[tokio::test]
    async fn what_another_key_wraps_is_found_and_wrapped_anew_once(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let schema = schema(engine).await;
        let keys = SqlDataKeys::new(schema.db.clone());
        let old: Vec<DataKey> = (1..=3).map(|number| a_data_key(number, "old")).collect();
        for key in old.iter().chain([&a_data_key(4, "new")]) {
            keys.insert(key).await.unwrap();
        }
        assert_eq!(keys.wrapped_otherwise("new", None, 2).await.unwrap(), old[..2]);
        let after = Some(old[1].id);
        assert_eq!(keys.wrapped_otherwise("new", after, 2).await.unwrap(), old[2..]);
        assert_eq!(keys.count_wrapped_otherwise("new").await.unwrap(), 3);

        let anew = DataKey { wrapped: vec![4], wrapping_key: "new".to_owned(), ..old[0].clone() };
        assert!(keys.rewrap(&anew, &old[0].wrapped).await.unwrap());
        assert!(!keys.rewrap(&anew, &old[0].wrapped).await.unwrap());
        assert_eq!(keys.find(anew.id).await.unwrap(), Some(anew));
        assert_eq!(keys.count_wrapped_otherwise("new").await.unwrap(), 2);
    }
}
