use async_trait::async_trait;
use common::UserId;
use common::domain::audit::AuditEvent;
use common::domain::second_factor::SecondFactor;
use common::repositories::{SecondFactorRepository, StoreError};
use platform::db::{Database, store_error};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::audit::note;
use super::entities::{recovery_code, second_factor};

/// Second factors in the service's database.
pub struct SqlSecondFactors {
    db: Database,
}

impl SqlSecondFactors {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl SecondFactorRepository for SqlSecondFactors {
    async fn find(&self, owner: UserId) -> Result<Option<SecondFactor>, StoreError> {
        let row = second_factor::Entity::find_by_id(owner.uuid())
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(row.map(Into::into))
    }

    async fn begin(&self, owner: UserId, sealed: &[u8]) -> Result<bool, StoreError> {
        let row = second_factor::ActiveModel {
            user_id: Set(owner.uuid()),
            sealed: Set(sealed.to_owned()),
            is_on: Set(false),
            last_step: Set(0),
        };
        let in_its_place = OnConflict::column(second_factor::Column::UserId)
            .update_column(second_factor::Column::Sealed)
            .action_and_where(second_factor::Column::IsOn.eq(false))
            .to_owned();
        let written = second_factor::Entity::insert(row)
            .on_conflict(in_its_place)
            .exec_without_returning(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(written > 0)
    }

    async fn enable(
        &self,
        factor: &SecondFactor,
        step: i64,
        recovery: &[Vec<u8>],
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let enable = async {
            let tx = self.db.begin_write().await?;
            let enabled = second_factor::Entity::update_many()
                .col_expr(second_factor::Column::IsOn, Expr::val(true))
                .col_expr(second_factor::Column::LastStep, Expr::val(step))
                .filter(second_factor::Column::UserId.eq(factor.owner.uuid()))
                .filter(second_factor::Column::Sealed.eq(factor.sealed.clone()))
                .filter(second_factor::Column::IsOn.eq(false))
                .exec(&tx)
                .await?;
            if enabled.rows_affected == 0 {
                return Ok(false);
            }
            let codes = recovery.iter().map(|hash| recovery_code::ActiveModel {
                user_id: Set(factor.owner.uuid()),
                hash: Set(hash.clone()),
            });
            recovery_code::Entity::insert_many(codes).exec_without_returning(&tx).await?;
            note(&tx, event).await?;
            tx.commit().await.map(|()| true)
        };
        enable.await.map_err(store_error)
    }

    async fn sealed(
        &self,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<(UserId, Vec<u8>)>, StoreError> {
        let mut query = second_factor::Entity::find();
        if let Some(after) = after {
            query = query.filter(second_factor::Column::UserId.gt(after.uuid()));
        }
        let rows = query
            .order_by_asc(second_factor::Column::UserId)
            .limit(limit)
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(rows.into_iter().map(|row| (row.user_id.into(), row.sealed)).collect())
    }

    async fn reseal(&self, owner: UserId, old: &[u8], new: &[u8]) -> Result<(), StoreError> {
        second_factor::Entity::update_many()
            .col_expr(second_factor::Column::Sealed, Expr::val(new))
            .filter(second_factor::Column::UserId.eq(owner.uuid()))
            .filter(second_factor::Column::Sealed.eq(old))
            .exec(self.db.connection())
            .await
            .map(drop)
            .map_err(store_error)
    }

    async fn spend_step(&self, owner: UserId, step: i64) -> Result<bool, StoreError> {
        let spent = second_factor::Entity::update_many()
            .col_expr(second_factor::Column::LastStep, Expr::val(step))
            .filter(second_factor::Column::UserId.eq(owner.uuid()))
            .filter(second_factor::Column::IsOn.eq(true))
            .filter(second_factor::Column::LastStep.lt(step))
            .exec(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(spent.rows_affected > 0)
    }

    async fn spend_recovery(
        &self,
        owner: UserId,
        hash: &[u8],
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let spend = async {
            let tx = self.db.begin_write().await?;
            let spent = recovery_code::Entity::delete_many()
                .filter(recovery_code::Column::UserId.eq(owner.uuid()))
                .filter(recovery_code::Column::Hash.eq(hash))
                .exec(&tx)
                .await?;
            if spent.rows_affected == 0 {
                return Ok(false);
            }
            note(&tx, event).await?;
            tx.commit().await.map(|()| true)
        };
        spend.await.map_err(store_error)
    }

    async fn disable(&self, owner: UserId, event: &AuditEvent) -> Result<bool, StoreError> {
        let disable = async {
            let tx = self.db.begin_write().await?;
            let deleted = second_factor::Entity::delete_many()
                .filter(second_factor::Column::UserId.eq(owner.uuid()))
                .filter(second_factor::Column::IsOn.eq(true))
                .exec(&tx)
                .await?;
            if deleted.rows_affected == 0 {
                return Ok(false);
            }
            recovery_code::Entity::delete_many()
                .filter(recovery_code::Column::UserId.eq(owner.uuid()))
                .exec(&tx)
                .await?;
            note(&tx, event).await?;
            tx.commit().await.map(|()| true)
        };
        disable.await.map_err(store_error)
    }
}

impl From<second_factor::Model> for SecondFactor {
    fn from(row: second_factor::Model) -> Self {
        Self {
            owner: row.user_id.into(),
            sealed: row.sealed,
            is_on: row.is_on,
            last_step: row.last_step,
        }
    }
}

#[cfg(test)]
mod tests {
    use common::Clock;
    use common::domain::audit::EventKind;
    use common::domain::session::Device;
    use common::repositories::UserRepository;
    use futures_util::future::join_all;
    use rstest::rstest;
    use testkit::{Engine, a_clock};
    use uuid::Uuid;

    use super::super::contract::{Schema, a_user, schema};
    use super::*;

    fn owner() -> UserId {
        Uuid::from_u128(1).into()
    }

    fn an_event(number: u128, kind: EventKind) -> AuditEvent {
        let id = Uuid::from_u128(number).into();
        AuditEvent { id, owner: owner(), kind, at: a_clock().now(), device: Device::default() }
    }

    async fn begun(engine: Engine) -> (Schema, SqlSecondFactors) {
        let schema = schema(engine).await;
        let user = a_user(1, "ada@example.org");
        schema.users().insert(&user, &an_event(1, EventKind::Registered)).await.unwrap();
        let factors = SqlSecondFactors::new(schema.db.clone());
        assert!(factors.begin(owner(), b"first").await.unwrap());
        assert!(factors.begin(owner(), b"sealed").await.unwrap());
        (schema, factors)
    }

    #[rstest]
    #[tokio::test]
    async fn a_factor_waits_is_switched_on_and_off(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let (_schema, factors) = begun(engine).await;
        let waiting = factors.find(owner()).await.unwrap().unwrap();
        let expected =
            SecondFactor { owner: owner(), sealed: b"sealed".to_vec(), is_on: false, last_step: 0 };
        assert_eq!(waiting, expected);
        assert!(!factors.spend_step(owner(), 7).await.unwrap());
        assert!(
            !factors.disable(owner(), &an_event(2, EventKind::TwoFactorDisabled)).await.unwrap()
        );

        let codes = [vec![1; 32], vec![2; 32]];
        let enabled = an_event(3, EventKind::TwoFactorEnabled);
        let replaced = SecondFactor { sealed: b"first".to_vec(), ..waiting.clone() };
        assert!(!factors.enable(&replaced, 7, &codes, &enabled).await.unwrap());
        assert!(factors.enable(&waiting, 7, &codes, &enabled).await.unwrap());
        assert!(!factors.enable(&waiting, 7, &codes, &enabled).await.unwrap());
        assert!(!factors.begin(owner(), b"another").await.unwrap());
        let on = factors.find(owner()).await.unwrap().unwrap();
        assert_eq!(on, SecondFactor { is_on: true, last_step: 7, ..waiting });

        assert!(
            factors.disable(owner(), &an_event(4, EventKind::TwoFactorDisabled)).await.unwrap()
        );
        assert_eq!(factors.find(owner()).await.unwrap(), None);
        let used = an_event(5, EventKind::RecoveryCodeUsed);
        assert!(!factors.spend_recovery(owner(), &codes[0], &used).await.unwrap());
    }

    #[rstest]
    #[tokio::test]
    async fn secrets_are_read_in_batches_and_replaced_only_as_they_were(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let (schema, factors) = begun(engine).await;
        let other = a_user(2, "eve@example.org");
        let event = AuditEvent { owner: other.id, ..an_event(2, EventKind::Registered) };
        schema.users().insert(&other, &event).await.unwrap();
        assert!(factors.begin(other.id, b"hers").await.unwrap());
        let first = factors.sealed(None, 1).await.unwrap();
        assert_eq!(first, [(owner(), b"sealed".to_vec())]);
        let second = factors.sealed(Some(owner()), 1).await.unwrap();
        assert_eq!(second, [(other.id, b"hers".to_vec())]);
        assert_eq!(factors.sealed(Some(other.id), 1).await.unwrap(), []);

        factors.reseal(owner(), b"sealed", b"anew").await.unwrap();
        factors.reseal(owner(), b"sealed", b"late").await.unwrap();
        factors.reseal(other.id, b"sealed", b"late").await.unwrap();
        let all = factors.sealed(None, 9).await.unwrap();
        assert_eq!(all, [(owner(), b"anew".to_vec()), (other.id, b"hers".to_vec())]);
    }

    #[rstest]
    #[tokio::test]
    async fn every_code_is_taken_once_however_many_try_it_at_once(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let (_schema, factors) = begun(engine).await;
        let waiting = factors.find(owner()).await.unwrap().unwrap();
        let enabled = an_event(2, EventKind::TwoFactorEnabled);
        factors.enable(&waiting, 7, &[vec![1; 32]], &enabled).await.unwrap();
        let spent = join_all((0..10).map(|_| factors.spend_step(owner(), 8))).await;
        assert_eq!(spent.into_iter().filter(|spent| *spent.as_ref().unwrap()).count(), 1);
        for (step, is_taken) in [(8, false), (7, false), (9, true)] {
            assert_eq!(factors.spend_step(owner(), step).await.unwrap(), is_taken, "{step}");
        }
        let spend = |number: u128| {
            let (factors, event) = (&factors, an_event(number, EventKind::RecoveryCodeUsed));
            async move { factors.spend_recovery(owner(), &[1; 32], &event).await.unwrap() }
        };
        let spent = join_all((10..20).map(spend)).await;
        assert_eq!(spent.into_iter().filter(|spent| *spent).count(), 1);
    }
}
