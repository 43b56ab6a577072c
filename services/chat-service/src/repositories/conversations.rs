mod deletions;
mod rows;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::domain::conversation::{
    Conversation, ConversationChanges, ConversationError, DeletedConversation, DeletedConversations,
};
use common::domain::idempotency::CreationKey;
use common::repositories::{
    ConversationFilter, ConversationRepository, ConversationSort, StoreError,
};
use common::{ConversationId, MessageId, Page, PageRequest, Position, ProjectId, UserId};
use platform::db::{
    Counts, Creations, Database, Keyset, Tombstones, is_unique_violation, micros, store_error,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use self::deletions::{delete_where, messages_of};
use self::rows::complete;
pub use self::rows::row_of;
use super::entities::conversation;
use super::search;

/// How many conversations each user has.
pub const CONVERSATION_COUNTS: Counts = Counts("conversation_counts");

/// The users and the projects that are gone.
pub const TOMBSTONES: Tombstones = Tombstones("tombstones");

/// Conversations in the service's database.
pub struct SqlConversations {
    db: Database,
}

impl SqlConversations {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ConversationRepository for SqlConversations {
    async fn list(
        &self,
        owner: UserId,
        filter: &ConversationFilter,
        page: PageRequest,
    ) -> Result<Page<Conversation>, StoreError> {
        let mut query =
            conversation::Entity::find().filter(conversation::Column::UserId.eq(owner.uuid()));
        if let Some(project) = filter.project {
            query = query.filter(conversation::Column::ProjectId.eq(project.uuid()));
        }
        if let Some(archived) = filter.archived {
            query = query.filter(conversation::Column::Archived.eq(archived));
        }
        if let Some(text) = &filter.search {
            query = query.filter(search::found(&self.db, owner, text));
        }
        let key = match filter.sort {
            ConversationSort::CreatedAt => conversation::Column::CreatedAt,
            ConversationSort::UpdatedAt => conversation::Column::UpdatedAt,
        };
        let reader = self.db.reader().await;
        let rows = query
            .page(key, conversation::Column::Id, page, micros)
            .all(reader)
            .await
            .map_err(store_error)?;
        let page = Page::of(rows, page.limit, |row| {
            let at = match filter.sort {
                ConversationSort::CreatedAt => row.created_at,
                ConversationSort::UpdatedAt => row.updated_at,
            };
            Position { key: at.timestamp_micros(), id: row.id }
        });
        let is_whole =
            filter.project.is_none() && filter.archived.is_none() && filter.search.is_none();
        let total = if is_whole {
            Some(CONVERSATION_COUNTS.of(reader, owner).await.map_err(store_error)?)
        } else {
            None
        };
        let items = complete(reader, page.items).await.map_err(store_error)?;
        Ok(Page { items, next: page.next, total })
    }

    async fn find(
        &self,
        owner: UserId,
        id: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        let row = conversation::Entity::find_by_id(id.uuid())
            .filter(conversation::Column::UserId.eq(owner.uuid()))
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        let rows = row.into_iter().collect();
        Ok(complete(self.db.connection(), rows).await.map_err(store_error)?.pop())
    }

    async fn find_default(
        &self,
        owner: UserId,
        project: ProjectId,
    ) -> Result<Option<Conversation>, StoreError> {
        let row = conversation::Entity::find()
            .filter(conversation::Column::UserId.eq(owner.uuid()))
            .filter(conversation::Column::ProjectId.eq(project.uuid()))
            .filter(Expr::cust("is_default"))
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        let rows = row.into_iter().collect();
        Ok(complete(self.db.connection(), rows).await.map_err(store_error)?.pop())
    }

    async fn insert(
        &self,
        conversation: &Conversation,
        key: Option<&CreationKey>,
    ) -> Result<(), ConversationError> {
        let tx = self.db.begin_write().await.map_err(store_error)?;
        let owner = conversation.owner.uuid();
        let needed: Vec<Uuid> =
            conversation.project.map(ProjectId::uuid).into_iter().chain([owner]).collect();
        let buried = TOMBSTONES.buried(&tx, &needed).await.map_err(store_error)?;
        if buried.contains(&owner) {
            return Err(ConversationError::OwnerGone);
        }
        if !buried.is_empty() {
            return Err(ConversationError::NoSuchProject);
        }
        let (made, at) = (conversation.id.uuid(), conversation.created_at);
        Creations::claim(&tx, conversation.owner, key, made, at).await?;
        let insert = async {
            conversation::Entity::insert(row_of(conversation)).exec_without_returning(&tx).await?;
            if let Some(title) = &conversation.title {
                search::index_title(&tx, conversation.owner, conversation.id.uuid(), title).await?;
            }
            CONVERSATION_COUNTS.add(&tx, conversation.owner, 1).await?;
            tx.commit().await
        };
        let columns = "conversations.user_id, conversations.project_id";
        match insert.await {
            Err(error) if is_unique_violation(&error, "conversations_one_default", columns) => {
                Err(ConversationError::DefaultExists)
            }
            inserted => Ok(inserted.map_err(store_error)?),
        }
    }

    async fn update(
        &self,
        owner: UserId,
        id: ConversationId,
        changes: &ConversationChanges,
        at: DateTime<Utc>,
    ) -> Result<Option<Conversation>, StoreError> {
        let changes = changes.clone();
        let unless_renamed =
            changes.while_titled.map(|title| conversation::Column::Title.eq(title));
        let mut change = conversation::ActiveModel { updated_at: Set(at), ..Default::default() };
        if let Some(title) = &changes.title {
            change.title = Set(Some(title.clone()));
        }
        if let Some((model, provider)) = changes.model {
            change.model = Set(model);
            change.llm_provider = Set(provider);
        }
        if let Some(system_prompt) = changes.system_prompt {
            change.system_prompt = Set(system_prompt);
        }
        if let Some(pinned) = changes.pinned {
            change.pinned = Set(pinned);
        }
        if let Some(archived) = changes.archived {
            change.archived = Set(archived);
        }
        let update = async {
            let tx = self.db.begin_write().await?;
            let rows = conversation::Entity::update_many()
                .set(change)
                .filter(conversation::Column::Id.eq(id.uuid()))
                .filter(conversation::Column::UserId.eq(owner.uuid()))
                .filter(Condition::all().add_option(unless_renamed))
                .exec_with_returning(&tx)
                .await?;
            if let (Some(_), [row]) = (&changes.title, rows.as_slice()) {
                search::index_about(&tx, owner, row.id).await?;
            }
            tx.commit().await?;
            complete(self.db.connection(), rows).await
        };
        Ok(update.await.map_err(store_error)?.pop())
    }

    async fn delete(
        &self,
        owner: UserId,
        id: ConversationId,
    ) -> Result<Option<(DeletedConversation, Vec<MessageId>)>, StoreError> {
        let condition = Condition::all()
            .add(conversation::Column::Id.eq(id.uuid()))
            .add(conversation::Column::UserId.eq(owner.uuid()));
        let delete = async {
            let tx = self.db.begin_write().await?;
            let deleted = delete_where(&tx, condition).await?;
            tx.commit().await?;
            Ok(deleted)
        };
        let (deleted, running) = delete.await.map_err(store_error)?;
        Ok(deleted
            .first()
            .map(|row| (DeletedConversation { id, messages: messages_of(row) }, running)))
    }

    async fn delete_of_project(&self, project: ProjectId) -> Result<Vec<MessageId>, StoreError> {
        let condition = Condition::all().add(conversation::Column::ProjectId.eq(project.uuid()));
        let deleted = self.delete_all_where(project.uuid(), condition).await;
        Ok(deleted.map_err(store_error)?.1)
    }

    async fn delete_of_user(
        &self,
        owner: UserId,
    ) -> Result<(DeletedConversations, Vec<MessageId>), StoreError> {
        let delete = async {
            let condition = Condition::all().add(conversation::Column::UserId.eq(owner.uuid()));
            let deleted = self.delete_all_where(owner.uuid(), condition).await?;
            let tx = self.db.begin_write().await?;
            CONVERSATION_COUNTS.forget(&tx, owner).await?;
            Creations::forget(&tx, owner).await?;
            tx.commit().await?;
            Ok(deleted)
        };
        delete.await.map_err(store_error)
    }
}
