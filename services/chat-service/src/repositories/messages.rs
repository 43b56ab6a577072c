use async_trait::async_trait;
use common::domain::message::{Message, MessageStatus, PastMessage, Role};
use common::repositories::{MessageFilter, MessageRepository, StoreError};
use common::{ConversationId, MessageId, Page, PageRequest, Position, UserId};
use platform::db::{Database, Keyset, store_error};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use uuid::Uuid;

use super::attachments::{attach, attached};
use super::branches::{self, count_siblings};
use super::entities::message::{self, count, read_word, word};
use super::entities::{attachment, conversation};

/// Messages in the service's database, for reading.
pub struct SqlMessages {
    db: Database,
}

/// A message, and what else of it must be known where it is listed.
#[derive(FromQueryResult)]
struct Listed {
    #[sea_orm(nested)]
    message: message::Model,
    /// How many others are in its place.
    others: i64,
    /// Whether something is attached to it.
    is_showing: bool,
}

/// What a model is told of a message.
#[derive(FromQueryResult)]
struct Past {
    id: Uuid,
    depth: i32,
    role: String,
    status: String,
    content: String,
    /// Whether something is attached to it.
    is_showing: bool,
}

impl SqlMessages {
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// Messages with what stands in other rows.
    async fn complete(&self, mut messages: Vec<Message>) -> Result<Vec<Message>, StoreError> {
        attach(self.db.connection(), &mut messages).await.map_err(store_error)?;
        count_siblings(self.db.connection(), &mut messages).await.map_err(store_error)?;
        Ok(messages)
    }
}

#[async_trait]
impl MessageRepository for SqlMessages {
    async fn list(
        &self,
        owner: UserId,
        conversation: ConversationId,
        filter: MessageFilter<'_>,
        page: PageRequest,
    ) -> Result<Page<Message>, StoreError> {
        let reader = self.db.reader().await;
        let rows: Vec<Listed> = active(owner, conversation, filter, page)
            .expr_as(others(), "others")
            .expr_as(is_showing(), "is_showing")
            .into_model()
            .all(reader)
            .await
            .map_err(store_error)?;
        let place = |row: &Listed| Position { key: row.message.depth.into(), id: row.message.id };
        let page = Page::of(rows, page.limit, place);
        let showing = page.items.iter().filter(|row| row.is_showing).map(|row| row.message.id);
        let shown = attached(reader, showing.collect()).await;
        let mut shown = shown.map_err(store_error)?;
        Ok(page.map(|Listed { message, others, .. }| Message {
            attachments: shown.remove(&message.id).unwrap_or_default(),
            siblings: u32::try_from(others + 1).unwrap_or(u32::MAX),
            ..message.into()
        }))
    }

    async fn history(
        &self,
        owner: UserId,
        conversation: ConversationId,
        filter: MessageFilter<'_>,
        page: PageRequest,
    ) -> Result<Page<PastMessage>, StoreError> {
        let rows: Vec<Past> = active(owner, conversation, filter, page)
            .select_only()
            .columns([
                message::Column::Id,
                message::Column::Depth,
                message::Column::Role,
                message::Column::Status,
                message::Column::Content,
            ])
            .expr_as(is_showing(), "is_showing")
            .into_model()
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        let place = |row: &Past| Position { key: row.depth.into(), id: row.id };
        let page = Page::of(rows, page.limit, place);
        let showing = page.items.iter().filter(|past| past.is_showing).map(|past| past.id);
        let mut shown =
            attached(self.db.connection(), showing.collect()).await.map_err(store_error)?;
        Ok(page.map(|past| PastMessage {
            attachments: shown.remove(&past.id).unwrap_or_default(),
            id: past.id.into(),
            depth: past.depth.unsigned_abs(),
            role: read_word(past.role).unwrap_or(Role::Assistant),
            status: read_word(past.status).unwrap_or(MessageStatus::Interrupted),
            content: past.content,
        }))
    }

    async fn list_all(
        &self,
        owner: UserId,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Page<Message>, StoreError> {
        let rows = message::Entity::find()
            .filter(message::Column::ConversationId.eq(conversation.uuid()))
            .filter(message::Column::UserId.eq(owner.uuid()))
            .page(message::Column::Seq, message::Column::Id, page, Into::into)
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        let place = |row: &message::Model| Position { key: row.seq, id: row.id };
        let mut page = Page::of(rows, page.limit, place).map(Message::from);
        attach(self.db.connection(), &mut page.items).await.map_err(store_error)?;
        Ok(page)
    }

    async fn find(&self, owner: UserId, id: MessageId) -> Result<Option<Message>, StoreError> {
        let row = message::Entity::find_by_id(id.uuid())
            .filter(message::Column::UserId.eq(owner.uuid()))
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        let found = row.map(Message::from).into_iter().collect();
        Ok(self.complete(found).await?.pop())
    }

    async fn siblings(&self, owner: UserId, id: MessageId) -> Result<Vec<Message>, StoreError> {
        let Some(Message { place, .. }) = self.find(owner, id).await? else {
            return Ok(Vec::new());
        };
        let in_place = Condition::any()
            .add(message::Column::Id.eq(place.uuid()))
            .add(message::Column::PlaceId.eq(place.uuid()));
        let rows = message::Entity::find()
            .filter(message::Column::UserId.eq(owner.uuid()))
            .filter(in_place)
            .order_by_asc(message::Column::Seq)
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        self.complete(rows.into_iter().map(Message::from).collect()).await
    }

    async fn select(&self, owner: UserId, id: MessageId) -> Result<bool, StoreError> {
        let select = async {
            let tx = self.db.begin_write().await?;
            let of = Query::select()
                .column(message::Column::ConversationId)
                .from(message::Entity)
                .and_where(message::Column::Id.eq(id.uuid()))
                .to_owned();
            let locked: Option<Uuid> = conversation::Entity::find()
                .filter(conversation::Column::Id.in_subquery(of))
                .filter(conversation::Column::UserId.eq(owner.uuid()))
                .select_only()
                .column(conversation::Column::Id)
                .lock_exclusive()
                .into_tuple()
                .one(&tx)
                .await?;
            let Some(conversation) = locked else { return Ok(false) };
            branches::make_active(&tx, conversation, id).await?;
            tx.commit().await?;
            Ok(true)
        };
        select.await.map_err(store_error)
    }
}

/// A page of a conversation's active branch.
fn active(
    owner: UserId,
    conversation: ConversationId,
    filter: MessageFilter<'_>,
    page: PageRequest,
) -> Select<message::Entity> {
    let mut query = message::Entity::find()
        .filter(message::Column::ConversationId.eq(conversation.uuid()))
        .filter(message::Column::UserId.eq(owner.uuid()))
        .filter(is_active());
    if let Some(model) = filter.model {
        query = query.filter(is_of(model));
    }
    if let Some(depth) = filter.before {
        query = query.filter(message::Column::Depth.lt(count(depth)));
    }
    query.page(message::Column::Depth, message::Column::Id, page, Into::into)
}

/// How many messages came in the place of one after the first that was said there.
fn others() -> SimpleExpr {
    let other = Alias::new("other");
    let place = Func::coalesce([
        Expr::col((message::Entity, message::Column::PlaceId)),
        Expr::col((message::Entity, message::Column::Id)),
    ]);
    let others = Query::select()
        .expr(Expr::cust("COUNT(*)"))
        .from_as(message::Entity, other.clone())
        .and_where(Expr::col((other, message::Column::PlaceId)).eq(place))
        .to_owned();
    SimpleExpr::SubQuery(None, Box::new(others.into()))
}

/// Whether anything is attached to a message.
fn is_showing() -> SimpleExpr {
    let attached = Query::select()
        .expr(Expr::val(1))
        .from(attachment::Entity)
        .and_where(
            Expr::col((attachment::Entity, attachment::Column::MessageId))
                .equals((message::Entity, message::Column::Id)),
        )
        .to_owned();
    Expr::exists(attached)
}

/// In a literal, so that the index of the active branch serves on SQLite too.
fn is_active() -> SimpleExpr {
    Expr::cust("on_branch")
}

/// A model's replies, and what they answer.
fn is_of(model: &str) -> Condition {
    let reply = Alias::new("reply");
    let answered = Query::select()
        .expr(Expr::val(1))
        .from_as(message::Entity, reply.clone())
        .and_where(Expr::cust("reply.on_branch"))
        .and_where(
            Expr::col((reply.clone(), message::Column::ConversationId))
                .equals((message::Entity, message::Column::ConversationId)),
        )
        .and_where(
            Expr::col((reply.clone(), message::Column::Depth)).eq(Expr::col((
                message::Entity,
                message::Column::Depth,
            ))
            .add(1)),
        )
        .and_where(Expr::col((reply.clone(), message::Column::Model)).eq(model))
        .to_owned();
    let said = Condition::all()
        .add(message::Column::Role.eq(word(Role::Assistant)))
        .add(message::Column::Model.eq(model));
    let asked = Condition::all()
        .add(message::Column::Role.eq(word(Role::User)))
        .add(Expr::exists(answered));
    Condition::any().add(said).add(asked)
}
