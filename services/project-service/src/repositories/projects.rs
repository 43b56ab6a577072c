use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::domain::idempotency::CreationKey;
use common::domain::project::{DeletedProject, Project, ProjectChanges, ProjectError};
use common::repositories::{ProjectFilter, ProjectRepository, ProjectSort, StoreError};
use common::{Page, PageRequest, Position, ProjectId, UserId};
use platform::db::{
    Counts, Creations, Database, Keyset, Tombstones, contains, micros, store_error,
};
use platform::outbox::Outbox;
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
};

use super::entities::project;

/// So many that a deletion stays far below a statement's time.
const DELETED_AT_ONCE: u64 = 50;

/// The outbox's word for a deleted project; the payload is its id.
pub const PROJECT_DELETED: &str = "project_deleted";

/// How many projects each user has.
pub const PROJECT_COUNTS: Counts = Counts("project_counts");

/// The users who are gone.
pub const TOMBSTONES: Tombstones = Tombstones("tombstones");

/// Projects in the service's database.
pub struct SqlProjects {
    db: Database,
    outbox: Outbox,
}

impl SqlProjects {
    pub fn new(db: Database, outbox: Outbox) -> Self {
        Self { db, outbox }
    }

    /// Deletes the rows that match and notes each for chat-service.
    async fn delete_where(
        &self,
        tx: &DatabaseTransaction,
        owner: UserId,
        condition: Condition,
    ) -> Result<Vec<project::Model>, DbErr> {
        let deleted = project::Entity::delete_many()
            .filter(project::Column::UserId.eq(owner.uuid()))
            .filter(condition)
            .exec_with_returning(tx)
            .await?;
        for row in &deleted {
            self.outbox.note(tx, PROJECT_DELETED, &row.id.to_string().into()).await?;
        }
        Ok(deleted)
    }

    /// Deletes all projects of an owner, some at a time; how many. The owner is buried before the first goes, so that none
    /// can be made meanwhile.
    async fn delete_some_until_none(&self, owner: UserId) -> Result<u64, DbErr> {
        let mut total = 0;
        loop {
            let tx = self.db.begin_write().await?;
            TOMBSTONES.bury(&tx, owner.uuid()).await?;
            let some = Query::select()
                .column(project::Column::Id)
                .from(project::Entity)
                .and_where(project::Column::UserId.eq(owner.uuid()))
                .limit(DELETED_AT_ONCE)
                .to_owned();
            let some = Condition::all().add(project::Column::Id.in_subquery(some));
            let deleted = self.delete_where(&tx, owner, some).await?.len() as u64;
            if deleted == 0 {
                PROJECT_COUNTS.forget(&tx, owner).await?;
                Creations::forget(&tx, owner).await?;
                tx.commit().await?;
                return Ok(total);
            }
            PROJECT_COUNTS.add(&tx, owner, -deleted.cast_signed()).await?;
            tx.commit().await?;
            total += deleted;
        }
    }
}

#[async_trait]
impl ProjectRepository for SqlProjects {
    async fn list(
        &self,
        owner: UserId,
        filter: &ProjectFilter,
        page: PageRequest,
    ) -> Result<Page<Project>, StoreError> {
        let mut query = project::Entity::find().filter(project::Column::UserId.eq(owner.uuid()));
        if let Some(text) = &filter.search {
            let either = Condition::any()
                .add(contains(project::Column::Name, text))
                .add(contains(project::Column::Description, text));
            query = query.filter(either);
        }
        let key = match filter.sort {
            ProjectSort::CreatedAt => project::Column::CreatedAt,
            ProjectSort::UpdatedAt => project::Column::UpdatedAt,
        };
        let reader = self.db.reader().await;
        let rows = query
            .page(key, project::Column::Id, page, micros)
            .all(reader)
            .await
            .map_err(store_error)?;
        let page = Page::of(rows, page.limit, |row| {
            let at = match filter.sort {
                ProjectSort::CreatedAt => row.created_at,
                ProjectSort::UpdatedAt => row.updated_at,
            };
            Position { key: at.timestamp_micros(), id: row.id }
        });
        let total = if filter.search.is_none() {
            Some(PROJECT_COUNTS.of(reader, owner).await.map_err(store_error)?)
        } else {
            None
        };
        Ok(Page { total, ..page.map(Project::from) })
    }

    async fn find(&self, owner: UserId, id: ProjectId) -> Result<Option<Project>, StoreError> {
        let row = project::Entity::find_by_id(id.uuid())
            .filter(project::Column::UserId.eq(owner.uuid()))
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(row.map(Project::from))
    }

    async fn insert(
        &self,
        project: &Project,
        key: Option<&CreationKey>,
    ) -> Result<(), ProjectError> {
        let tx = self.db.begin_write().await.map_err(store_error)?;
        let owner = project.owner.uuid();
        if !TOMBSTONES.buried(&tx, &[owner]).await.map_err(store_error)?.is_empty() {
            return Err(ProjectError::OwnerGone);
        }
        let (made, at) = (project.id.uuid(), project.created_at);
        Creations::claim(&tx, project.owner, key, made, at).await?;
        let insert = async {
            project::Entity::insert(row_of(project)).exec_without_returning(&tx).await?;
            PROJECT_COUNTS.add(&tx, project.owner, 1).await?;
            tx.commit().await
        };
        Ok(insert.await.map_err(store_error)?)
    }

    async fn update(
        &self,
        owner: UserId,
        id: ProjectId,
        changes: &ProjectChanges,
        at: DateTime<Utc>,
    ) -> Result<Option<Project>, StoreError> {
        let mut change = project::ActiveModel { updated_at: Set(at), ..Default::default() };
        if let Some(name) = &changes.name {
            change.name = Set(name.clone());
        }
        if let Some(description) = &changes.description {
            change.description = Set(description.clone());
        }
        let rows = project::Entity::update_many()
            .set(change)
            .filter(project::Column::Id.eq(id.uuid()))
            .filter(project::Column::UserId.eq(owner.uuid()))
            .exec_with_returning(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(rows.into_iter().next().map(Project::from))
    }

    async fn delete(
        &self,
        owner: UserId,
        id: ProjectId,
    ) -> Result<Option<DeletedProject>, StoreError> {
        let condition = Condition::all().add(project::Column::Id.eq(id.uuid()));
        let delete = async {
            let tx = self.db.begin_write().await?;
            let deleted = self.delete_where(&tx, owner, condition).await?;
            if !deleted.is_empty() {
                PROJECT_COUNTS.add(&tx, owner, -1).await?;
            }
            tx.commit().await?;
            Ok(deleted)
        };
        let deleted = delete.await.map_err(store_error)?;
        self.outbox.wake();
        Ok(deleted
            .first()
            .map(|row| DeletedProject { id, prompts: u64::from(row.prompt_count.unsigned_abs()) }))
    }

    async fn delete_all(&self, owner: UserId) -> Result<u64, StoreError> {
        let deleted = self.delete_some_until_none(owner).await;
        // Should it have failed half-way too.
        self.outbox.wake();
        deleted.map_err(store_error)
    }
}

fn row_of(project: &Project) -> project::ActiveModel {
    project::ActiveModel {
        id: Set(project.id.uuid()),
        user_id: Set(project.owner.uuid()),
        name: Set(project.name.clone()),
        description: Set(project.description.clone()),
        prompt_count: Set(0),
        prompts_revision: Set(0),
        created_at: Set(project.created_at),
        updated_at: Set(project.updated_at),
    }
}

impl From<project::Model> for Project {
    fn from(row: project::Model) -> Self {
        Self {
            id: row.id.into(),
            owner: row.user_id.into(),
            name: row.name,
            description: row.description,
            prompt_count: row.prompt_count.unsigned_abs(),
            prompts_revision: row.prompts_revision.unsigned_abs(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
