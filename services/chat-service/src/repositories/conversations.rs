use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::domain::conversation::{
    Conversation, ConversationChanges, ConversationError, DeletedConversation,
    DeletedConversations, LastMessage, ModelContext, PREVIEW_CHARS,
};
use common::domain::idempotency::CreationKey;
use common::domain::message::{MessageStatus, Role};
use common::repositories::{
    ConversationFilter, ConversationRepository, ConversationSort, StoreError,
};
use common::{ConversationId, MessageId, Page, PageRequest, Position, ProjectId, UserId};
use platform::db::{
    Counts, Creations, Database, Keyset, Tombstones, is_unique_violation, micros, store_error,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr,
    EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::entities::message::{self, word};
use super::entities::{conversation, model_context};
use super::search;

/// So many that a deletion stays far below a statement's time.
const DELETED_AT_ONCE: u64 = 50;

/// How many conversations each user has.
pub const CONVERSATION_COUNTS: Counts = Counts("conversation_counts");

/// The users and the projects that are gone.
pub const TOMBSTONES: Tombstones = Tombstones("tombstones");

/// Conversations in the service's database.
pub struct SqlConversations {
    db: Database,
}

/// The newest message of a conversation, without the rest of its text.
#[derive(FromQueryResult)]
struct Leaf {
    id: Uuid,
    preview: String,
    role: String,
    model: String,
    created_at: DateTime<Utc>,
}

impl SqlConversations {
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// Deletes all rows that match, some at a time; how many, and the replies that were running in them. Whose they are is
    /// buried before the first goes, so that none can be made meanwhile.
    async fn delete_all_where(
        &self,
        buried: Uuid,
        condition: Condition,
    ) -> Result<(DeletedConversations, Vec<MessageId>), DbErr> {
        let (mut total, mut all_running) = (DeletedConversations::default(), Vec::new());
        loop {
            let tx = self.db.begin_write().await?;
            TOMBSTONES.bury(&tx, buried).await?;
            let (deleted, running) = delete_where(&tx, condition.clone()).await?;
            tx.commit().await?;
            if deleted.is_empty() {
                return Ok((total, all_running));
            }
            total.conversations += deleted.len() as u64;
            total.messages += deleted.iter().map(messages_of).sum::<u64>();
            all_running.extend(running);
        }
    }
}

/// Rows as conversations: with their models and their newest messages, in two statements however many there are.
async fn complete(
    connection: &impl ConnectionTrait,
    rows: Vec<conversation::Model>,
) -> Result<Vec<Conversation>, DbErr> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut models: HashMap<Uuid, Vec<ModelContext>> = HashMap::new();
    let contexts = model_context::Entity::find()
        .filter(model_context::Column::ConversationId.is_in(ids))
        .order_by_asc(model_context::Column::FirstMessageAt)
        .all(connection)
        .await?;
    for context in contexts {
        models.entry(context.conversation_id).or_default().push(context.into());
    }
    let leaves: Vec<Uuid> = rows.iter().filter_map(|row| row.active_leaf_id).collect();
    let mut leaves: HashMap<Uuid, Leaf> =
        newest(connection, leaves).await?.into_iter().map(|leaf| (leaf.id, leaf)).collect();
    let complete = |row: conversation::Model| {
        let contexts = models.remove(&row.id).unwrap_or_default();
        let last_message =
            row.active_leaf_id.and_then(|leaf| leaves.remove(&leaf)).map(LastMessage::from);
        Conversation { contexts, last_message, ..row.into() }
    };
    Ok(rows.into_iter().map(complete).collect())
}

async fn newest(connection: &impl ConnectionTrait, ids: Vec<Uuid>) -> Result<Vec<Leaf>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let preview = Expr::cust(format!("substr(content, 1, {PREVIEW_CHARS})"));
    message::Entity::find()
        .filter(message::Column::Id.is_in(ids))
        .select_only()
        .columns([
            message::Column::Id,
            message::Column::Role,
            message::Column::Model,
            message::Column::CreatedAt,
        ])
        .expr_as(preview, "preview")
        .into_model()
        .all(connection)
        .await
}

/// Deletes some of the rows that match; them, and the replies that were running in them.
async fn delete_where(
    tx: &DatabaseTransaction,
    condition: Condition,
) -> Result<(Vec<conversation::Model>, Vec<MessageId>), DbErr> {
    let locked: Vec<Uuid> = conversation::Entity::find()
        .filter(condition)
        .select_only()
        .column(conversation::Column::Id)
        .order_by_asc(conversation::Column::Id)
        .limit(DELETED_AT_ONCE)
        .lock_exclusive()
        .into_tuple()
        .all(tx)
        .await?;
    let running = running_in(tx, &locked).await?;
    search::forget(tx, &locked).await?;
    let deleted = conversation::Entity::delete_many()
        .filter(conversation::Column::Id.is_in(locked))
        .exec_with_returning(tx)
        .await?;
    let mut counts: HashMap<Uuid, i64> = HashMap::new();
    for row in &deleted {
        *counts.entry(row.user_id).or_default() -= 1;
    }
    for (owner, fewer) in counts {
        CONVERSATION_COUNTS.add(tx, owner.into(), fewer).await?;
    }
    Ok((deleted, running))
}

fn messages_of(row: &conversation::Model) -> u64 {
    u64::from(row.message_count.unsigned_abs())
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

async fn running_in(
    tx: &DatabaseTransaction,
    conversations: &[Uuid],
) -> Result<Vec<MessageId>, DbErr> {
    let ids: Vec<Uuid> = message::Entity::find()
        .filter(message::Column::ConversationId.is_in(conversations.iter().copied()))
        .filter(
            message::Column::Status
                .is_in([MessageStatus::Pending, MessageStatus::Streaming].map(word)),
        )
        .select_only()
        .column(message::Column::Id)
        .into_tuple()
        .all(tx)
        .await?;
    Ok(ids.into_iter().map(Into::into).collect())
}

pub(super) fn row_of(conversation: &Conversation) -> conversation::ActiveModel {
    conversation::ActiveModel {
        id: Set(conversation.id.uuid()),
        user_id: Set(conversation.owner.uuid()),
        project_id: Set(conversation.project.map(ProjectId::uuid)),
        title: Set(conversation.title.clone()),
        model: Set(conversation.model.clone()),
        llm_provider: Set(conversation.provider.clone()),
        system_prompt: Set(conversation.system_prompt.clone()),
        pinned: Set(false),
        archived: Set(false),
        is_default: Set(conversation.is_default),
        next_seq: Set(1),
        message_count: Set(0),
        active_leaf_id: Set(None),
        created_at: Set(conversation.created_at),
        updated_at: Set(conversation.updated_at),
    }
}

impl From<conversation::Model> for Conversation {
    fn from(row: conversation::Model) -> Self {
        Self {
            id: row.id.into(),
            owner: row.user_id.into(),
            project: row.project_id.map(Into::into),
            title: row.title,
            model: row.model,
            provider: row.llm_provider,
            system_prompt: row.system_prompt,
            pinned: row.pinned,
            archived: row.archived,
            is_default: row.is_default,
            message_count: row.message_count.unsigned_abs(),
            contexts: Vec::new(),
            last_message: None,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<model_context::Model> for ModelContext {
    fn from(row: model_context::Model) -> Self {
        Self {
            model: row.model,
            message_count: row.message_count.unsigned_abs(),
            last_message_at: row.last_message_at,
            summary: row.summary,
            summary_at: row.summary_updated_at,
        }
    }
}

impl From<Leaf> for LastMessage {
    fn from(leaf: Leaf) -> Self {
        let role = if leaf.role == word(Role::User) { Role::User } else { Role::Assistant };
        Self {
            id: leaf.id.into(),
            preview: leaf.preview,
            role,
            model: leaf.model,
            at: leaf.created_at,
        }
    }
}
