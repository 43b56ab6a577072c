use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::LoadJobId;
use common::domain::load_job::{LoadJob, LoadStatus, LoadStep};
use common::domain::message::Lease;
use common::repositories::{LoadJobRepository, StoreError};
use platform::db::{Database, is_unique_violation, store_error};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, UpdateMany,
};

use super::entities::load_job::{ActiveModel, Column, Entity};
use super::entities::message::{count, word};
use super::leases::take_up;

/// Load jobs in the service's database.
pub struct SqlLoadJobs {
    db: Database,
}

impl SqlLoadJobs {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl LoadJobRepository for SqlLoadJobs {
    async fn begin(&self, job: &LoadJob, lease: Lease) -> Result<LoadJob, StoreError> {
        let row = ActiveModel {
            id: Set(job.id.uuid()),
            model: Set(job.model.clone()),
            status: Set(word(job.status)),
            percent: Set(job.percent.into()),
            detail: Set(job.detail.clone()),
            attempts: Set(count(job.attempts)),
            created_at: Set(job.created_at),
            ended_at: Set(job.ended_at),
            lease_owner: Set(Some(lease.holder)),
            lease_until: Set(None),
        };
        let begin = async {
            let tx = self.db.begin_write().await?;
            Entity::insert(row).exec_without_returning(&tx).await?;
            Entity::update_many()
                .col_expr(Column::LeaseUntil, self.db.after(lease.length()))
                .filter(Column::Id.eq(job.id.uuid()))
                .exec(&tx)
                .await?;
            tx.commit().await
        };
        match begin.await {
            Ok(()) => Ok(job.clone()),
            Err(error)
                if is_unique_violation(&error, "load_jobs_one_running", "load_jobs.model") =>
            {
                let running = self.newest(&job.model, Some(LoadStatus::Loading)).await?;
                // It ended in between; what it did is what was asked for.
                match running {
                    Some(running) => Ok(running),
                    None => Ok(self.newest(&job.model, None).await?.unwrap_or_else(|| job.clone())),
                }
            }
            Err(error) => Err(store_error(error)),
        }
    }

    async fn find(&self, id: LoadJobId) -> Result<Option<LoadJob>, StoreError> {
        let found = Entity::find_by_id(id.uuid()).one(self.db.connection()).await;
        Ok(found.map_err(store_error)?.map(Into::into))
    }

    async fn newest(
        &self,
        model: &str,
        status: Option<LoadStatus>,
    ) -> Result<Option<LoadJob>, StoreError> {
        let mut select = Entity::find().filter(Column::Model.eq(model)).order_by_desc(Column::Id);
        if let Some(status) = status {
            select = select.filter(Column::Status.eq(word(status)));
        }
        let found = select.one(self.db.connection()).await;
        Ok(found.map_err(store_error)?.map(Into::into))
    }

    async fn take_up(&self, lease: Lease) -> Result<Option<LoadJob>, StoreError> {
        let taken = take_up::<Entity>(&self.db, is_running(), Column::Id, lease).await;
        Ok(taken.map_err(store_error)?.map(Into::into))
    }

    async fn step(&self, id: LoadJobId, lease: Lease, step: &LoadStep) -> Result<bool, StoreError> {
        let stored = update(id, lease, step)
            .col_expr(Column::LeaseUntil, self.db.after(lease.length()))
            .exec(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(stored.rows_affected > 0)
    }

    async fn let_go(
        &self,
        id: LoadJobId,
        lease: Lease,
        pause: Duration,
        step: &LoadStep,
    ) -> Result<(), StoreError> {
        let let_go = update(id, lease, step)
            .col_expr(Column::LeaseUntil, self.db.after(pause))
            .exec(self.db.connection());
        let_go.await.map(drop).map_err(store_error)
    }

    async fn end(
        &self,
        id: LoadJobId,
        lease: Lease,
        status: LoadStatus,
        step: &LoadStep,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let ended = update(id, lease, step)
            .col_expr(Column::Status, Expr::val(word(status)))
            .col_expr(Column::EndedAt, Expr::val(at))
            .exec(self.db.connection());
        ended.await.map(drop).map_err(store_error)
    }

    async fn delete_ended(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let deleted = Entity::delete_many()
            .filter(Column::EndedAt.lt(before))
            .exec(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(deleted.rows_affected)
    }
}

/// In a literal, so that the index of running jobs serves on SQLite too.
fn is_running() -> Condition {
    Condition::all().add(Expr::cust("status = 'loading'"))
}

/// A change of a running job by who holds it.
fn update(id: LoadJobId, lease: Lease, step: &LoadStep) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::Percent, Expr::val(i32::from(step.percent)))
        .col_expr(Column::Detail, Expr::val(step.detail.clone()))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::LeaseOwner.eq(lease.holder))
        .filter(is_running())
}

#[cfg(test)]
mod tests {
    use common::Clock;
    use rstest::rstest;
    use testkit::{Engine, a_clock};
    use uuid::Uuid;

    use super::super::contract::schema;
    use super::*;

    fn a_job(number: u128, model: &str) -> LoadJob {
        LoadJob {
            id: Uuid::from_u128(number).into(),
            model: model.to_owned(),
            status: LoadStatus::Loading,
            percent: 0,
            detail: "Waiting".to_owned(),
            attempts: 1,
            created_at: a_clock().now(),
            ended_at: None,
        }
    }

    fn lease(holder: u128, seconds: u32) -> Lease {
        Lease { holder: Uuid::from_u128(holder), seconds }
    }

    fn step(percent: u8) -> LoadStep {
        LoadStep { percent, detail: "Fetching".to_owned() }
    }

    #[rstest]
    #[tokio::test]
    async fn a_model_has_one_running_job(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let schema = schema(engine).await;
        let jobs = SqlLoadJobs::new(schema.db.clone());
        let (first, second) = (a_job(1, "llama3"), a_job(2, "llama3"));
        assert_eq!(jobs.begin(&first, lease(7, 60)).await.unwrap(), first);
        assert_eq!(jobs.begin(&second, lease(8, 60)).await.unwrap(), first);
        assert_eq!(
            jobs.begin(&a_job(3, "phi"), lease(7, 60)).await.unwrap().id,
            a_job(3, "phi").id
        );

        let at = a_clock().now();
        jobs.end(first.id, lease(8, 60), LoadStatus::Loaded, &step(100), at).await.unwrap();
        assert_eq!(jobs.find(first.id).await.unwrap(), Some(first.clone()), "it is another's");
        jobs.end(first.id, lease(7, 60), LoadStatus::Loaded, &step(100), at).await.unwrap();
        let ended = jobs.newest("llama3", Some(LoadStatus::Loaded)).await.unwrap().unwrap();
        assert_eq!((ended.id, ended.percent, ended.seconds()), (first.id, 100, Some(1)));
        assert_eq!(jobs.begin(&second, lease(8, 60)).await.unwrap(), second);
        assert_eq!(jobs.newest("llama3", None).await.unwrap(), Some(second));

        assert_eq!(jobs.delete_ended(at).await.unwrap(), 0);
        assert_eq!(jobs.delete_ended(at + chrono::TimeDelta::seconds(1)).await.unwrap(), 1);
        assert_eq!(jobs.find(first.id).await.unwrap(), None);
    }

    #[rstest]
    #[tokio::test]
    async fn what_nobody_is_at_is_taken_up_once(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let schema = schema(engine).await;
        let jobs = SqlLoadJobs::new(schema.db.clone());
        let job = jobs.begin(&a_job(1, "llama3"), lease(7, 60)).await.unwrap();
        assert_eq!(jobs.take_up(lease(8, 60)).await.unwrap(), None);
        assert!(jobs.step(job.id, lease(7, 60), &step(40)).await.unwrap());
        jobs.let_go(job.id, lease(7, 60), Duration::ZERO, &step(40)).await.unwrap();

        let (one, other) = tokio::join!(jobs.take_up(lease(8, 60)), jobs.take_up(lease(9, 60)));
        let taken: Vec<_> = [one, other].into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(taken.len(), 1);
        assert_eq!((taken[0].attempts, taken[0].percent), (2, 40));
        assert!(!jobs.step(job.id, lease(7, 60), &step(50)).await.unwrap(), "it is another's");
    }
}
