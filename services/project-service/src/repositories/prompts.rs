use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::domain::idempotency::CreationKey;
use common::domain::prompt::{Prompt, PromptChanges, PromptError, PromptVersion};
use common::repositories::{PromptFilter, PromptRepository, PromptSort, StoreError};
use common::{Page, PageRequest, Position, PromptId, UserId};
use platform::db::{
    Creations, Database, Keyset, contains, is_unique_violation, micros, store_error,
};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, DbErr,
    EntityTrait, QueryFilter, QuerySelect, Select,
};
use uuid::Uuid;

use super::entities::{project, prompt, prompt_version};

/// Prompts in the service's database.
pub struct SqlPrompts {
    db: Database,
}

impl SqlPrompts {
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// Reads a prompt for changing it: until the transaction ends nobody else does. Its project is locked first, as a
    /// project's deletion does, so that the two cannot wait for each other.
    async fn lock(
        tx: &DatabaseTransaction,
        owner: UserId,
        id: PromptId,
    ) -> Result<Option<prompt::Model>, DbErr> {
        let Some(found) = owned(owner, id).one(tx).await? else {
            return Ok(None);
        };
        touch_project(tx, owner, found.project_id, 0).await?;
        owned(owner, id).lock_exclusive().one(tx).await
    }

    /// Writes a changed prompt, with a new version if there is a new text.
    async fn write(
        tx: DatabaseTransaction,
        before: prompt::Model,
        mut change: prompt::ActiveModel,
        content: Option<String>,
        at: DateTime<Utc>,
    ) -> Result<Prompt, PromptError> {
        if let Some(content) = content {
            let version = before.version + 1;
            let row = version_row(before.id, version, content.clone(), at);
            prompt_version::Entity::insert(row)
                .exec_without_returning(&tx)
                .await
                .map_err(store_error)?;
            change.version = Set(version);
            change.content = Set(content);
        }
        change.id = Set(before.id);
        change.updated_at = Set(at);
        let after = change.update(&tx).await.map_err(prompt_error)?;

        tx.commit().await.map_err(store_error)?;
        Ok(after.into())
    }
}

#[async_trait]
impl PromptRepository for SqlPrompts {
    async fn list(
        &self,
        owner: UserId,
        filter: &PromptFilter,
        page: PageRequest,
    ) -> Result<Page<Prompt>, StoreError> {
        let mut query = prompt::Entity::find().filter(prompt::Column::UserId.eq(owner.uuid()));
        if let Some(project) = filter.project {
            query = query.filter(prompt::Column::ProjectId.eq(project.uuid()));
        }
        if let Some(active) = filter.active {
            query = query.filter(prompt::Column::IsActive.eq(active));
        }
        if let Some(text) = &filter.search {
            let either = Condition::any()
                .add(contains(prompt::Column::Name, text))
                .add(contains(prompt::Column::Content, text));
            query = query.filter(either);
        }
        let id = prompt::Column::Id;
        let query = match filter.sort {
            PromptSort::CreatedAt => query.page(prompt::Column::CreatedAt, id, page, micros),
            PromptSort::UpdatedAt => query.page(prompt::Column::UpdatedAt, id, page, micros),
            PromptSort::Position => query.page(prompt::Column::Position, id, page, |key| {
                i32::try_from(key).unwrap_or(i32::MAX).into()
            }),
        };
        let rows = query.all(self.db.connection()).await.map_err(store_error)?;
        let page = Page::of(rows, page.limit, |row| {
            let key = match filter.sort {
                PromptSort::CreatedAt => row.created_at.timestamp_micros(),
                PromptSort::UpdatedAt => row.updated_at.timestamp_micros(),
                PromptSort::Position => row.position.into(),
            };
            Position { key, id: row.id }
        });
        Ok(page.map(Prompt::from))
    }

    async fn find(&self, owner: UserId, id: PromptId) -> Result<Option<Prompt>, StoreError> {
        let row = owned(owner, id).one(self.db.connection()).await.map_err(store_error)?;
        Ok(row.map(Prompt::from))
    }

    async fn insert(
        &self,
        prompt: &Prompt,
        position: Option<i32>,
        key: Option<&CreationKey>,
    ) -> Result<Prompt, PromptError> {
        let tx = self.db.begin_write().await.map_err(store_error)?;
        // Finds the project, and makes its other writers wait.
        let project = prompt.project.uuid();
        if !touch_project(&tx, prompt.owner, project, 1).await.map_err(store_error)? {
            return Err(PromptError::NotFound);
        }
        let (made, at) = (prompt.id.uuid(), prompt.created_at);
        Creations::claim(&tx, prompt.owner, key, made, at).await?;
        let position = match position {
            Some(position) => position,
            None => next_position(&tx, project).await.map_err(store_error)?,
        };
        let row = row_of(prompt, position);
        let inserted =
            prompt::Entity::insert(row).exec_with_returning(&tx).await.map_err(prompt_error)?;
        let version = version_row(
            inserted.id,
            inserted.version,
            inserted.content.clone(),
            inserted.created_at,
        );
        prompt_version::Entity::insert(version)
            .exec_without_returning(&tx)
            .await
            .map_err(store_error)?;
        tx.commit().await.map_err(store_error)?;
        Ok(inserted.into())
    }

    async fn update(
        &self,
        owner: UserId,
        id: PromptId,
        changes: &PromptChanges,
        at: DateTime<Utc>,
    ) -> Result<Prompt, PromptError> {
        let tx = self.db.begin_write().await.map_err(store_error)?;
        let found = Self::lock(&tx, owner, id).await.map_err(store_error)?;
        let before = found.ok_or(PromptError::NotFound)?;
        let current = before.version.unsigned_abs();
        if changes.expected_version.is_some_and(|expected| expected != current) {
            return Err(PromptError::VersionConflict { current });
        }
        let mut change: prompt::ActiveModel = Default::default();
        if let Some(name) = &changes.name {
            change.name = Set(name.clone());
        }
        if let Some(is_active) = changes.is_active {
            change.is_active = Set(is_active);
        }
        if let Some(position) = changes.position {
            change.position = Set(position);
        }
        let content = changes.content.clone().filter(|content| *content != before.content);
        Self::write(tx, before, change, content, at).await
    }

    async fn restore(
        &self,
        owner: UserId,
        id: PromptId,
        version: u32,
        at: DateTime<Utc>,
    ) -> Result<Prompt, PromptError> {
        let tx = self.db.begin_write().await.map_err(store_error)?;
        let found = Self::lock(&tx, owner, id).await.map_err(store_error)?;
        let before = found.ok_or(PromptError::NotFound)?;
        let number = i32::try_from(version).unwrap_or(i32::MAX);
        let old = prompt_version::Entity::find_by_id((before.id, number))
            .one(&tx)
            .await
            .map_err(store_error)?;
        let content = old.ok_or(PromptError::NoSuchVersion)?.content;
        Self::write(tx, before, Default::default(), Some(content), at).await
    }

    async fn delete(&self, owner: UserId, id: PromptId) -> Result<bool, StoreError> {
        let delete = async {
            let tx = self.db.begin_write().await?;
            let Some(found) = Self::lock(&tx, owner, id).await? else {
                return Ok(false);
            };
            prompt::Entity::delete_by_id(found.id).exec(&tx).await?;
            touch_project(&tx, owner, found.project_id, -1).await?;
            tx.commit().await?;
            Ok(true)
        };
        delete.await.map_err(store_error)
    }

    async fn versions(
        &self,
        owner: UserId,
        id: PromptId,
        page: PageRequest,
    ) -> Result<Page<PromptVersion>, StoreError> {
        let rows = versions_of(owner, id)
            .page(prompt_version::Column::Version, prompt_version::Column::PromptId, page, |key| {
                i32::try_from(key).unwrap_or(i32::MAX).into()
            })
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        let page = Page::of(rows, page.limit, |row| Position {
            key: row.version.into(),
            id: row.prompt_id,
        });
        Ok(page.map(PromptVersion::from))
    }

    async fn version(
        &self,
        owner: UserId,
        id: PromptId,
        version: u32,
    ) -> Result<Option<PromptVersion>, StoreError> {
        let Ok(number) = i32::try_from(version) else {
            return Ok(None);
        };
        let row = versions_of(owner, id)
            .filter(prompt_version::Column::Version.eq(number))
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(row.map(PromptVersion::from))
    }
}

fn owned(owner: UserId, id: PromptId) -> Select<prompt::Entity> {
    prompt::Entity::find_by_id(id.uuid()).filter(prompt::Column::UserId.eq(owner.uuid()))
}

fn versions_of(owner: UserId, id: PromptId) -> Select<prompt_version::Entity> {
    let mine = Query::select()
        .column(prompt::Column::Id)
        .from(prompt::Entity)
        .and_where(Expr::col(prompt::Column::UserId).eq(owner.uuid()))
        .and_where(Expr::col(prompt::Column::Id).eq(id.uuid()))
        .to_owned();
    prompt_version::Entity::find().filter(prompt_version::Column::PromptId.in_subquery(mine))
}

/// Notes with its project that a prompt changed; whether the owner has such a project.
async fn touch_project(
    tx: &DatabaseTransaction,
    owner: UserId,
    project: Uuid,
    more_prompts: i32,
) -> Result<bool, DbErr> {
    let updated = project::Entity::update_many()
        .col_expr(
            project::Column::PromptCount,
            Expr::col(project::Column::PromptCount).add(more_prompts),
        )
        .col_expr(
            project::Column::PromptsRevision,
            Expr::col(project::Column::PromptsRevision).add(1),
        )
        .filter(project::Column::Id.eq(project))
        .filter(project::Column::UserId.eq(owner.uuid()))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected > 0)
}

/// The place after all prompts of a project.
async fn next_position(tx: &DatabaseTransaction, project: Uuid) -> Result<i32, DbErr> {
    let last: Option<Option<i32>> = prompt::Entity::find()
        .select_only()
        .column_as(prompt::Column::Position.max(), "last")
        .filter(prompt::Column::ProjectId.eq(project))
        .into_tuple()
        .one(tx)
        .await?;
    Ok(last.flatten().map_or(0, |last| last.saturating_add(1)))
}

fn prompt_error(error: DbErr) -> PromptError {
    if is_unique_violation(&error, "prompts_project_name", "prompts.project_id, prompts.name") {
        PromptError::NameTaken
    } else {
        store_error(error).into()
    }
}

fn row_of(prompt: &Prompt, position: i32) -> prompt::ActiveModel {
    prompt::ActiveModel {
        id: Set(prompt.id.uuid()),
        project_id: Set(prompt.project.uuid()),
        user_id: Set(prompt.owner.uuid()),
        name: Set(prompt.name.clone()),
        content: Set(prompt.content.clone()),
        version: Set(1),
        is_active: Set(prompt.is_active),
        position: Set(position),
        created_at: Set(prompt.created_at),
        updated_at: Set(prompt.updated_at),
    }
}

fn version_row(
    prompt: Uuid,
    version: i32,
    content: String,
    at: DateTime<Utc>,
) -> prompt_version::ActiveModel {
    prompt_version::ActiveModel {
        prompt_id: Set(prompt),
        version: Set(version),
        content: Set(content),
        created_at: Set(at),
    }
}

impl From<prompt::Model> for Prompt {
    fn from(row: prompt::Model) -> Self {
        Self {
            id: row.id.into(),
            project: row.project_id.into(),
            owner: row.user_id.into(),
            name: row.name,
            content: row.content,
            version: row.version.unsigned_abs(),
            is_active: row.is_active,
            position: row.position,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<prompt_version::Model> for PromptVersion {
    fn from(row: prompt_version::Model) -> Self {
        Self {
            version: row.version.unsigned_abs(),
            content: row.content,
            created_at: row.created_at,
        }
    }
}
