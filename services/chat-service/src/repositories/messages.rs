use async_trait::async_trait;
use common::domain::message::Message;
use common::repositories::{MessageRepository, StoreError};
use common::{ConversationId, MessageId, Page, PageRequest, Position, UserId};
use platform::db::{Database, Keyset, store_error};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::attachments::attach;
use super::entities::message;

/// Messages in the service's database, for reading.
pub struct SqlMessages {
    db: Database,
}

impl SqlMessages {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl MessageRepository for SqlMessages {
    async fn list(
        &self,
        owner: UserId,
        conversation: ConversationId,
        model: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Message>, StoreError> {
        let mut query = message::Entity::find()
            .filter(message::Column::ConversationId.eq(conversation.uuid()))
            .filter(message::Column::UserId.eq(owner.uuid()));
        if let Some(model) = model {
            query = query.filter(message::Column::Model.eq(model));
        }
        let rows = query
            .page(message::Column::Seq, message::Column::Id, page, Into::into)
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        let page = Page::of(rows, page.limit, |row| Position { key: row.seq, id: row.id });
        let mut page = page.map(Message::from);
        attach(self.db.connection(), &mut page.items).await.map_err(store_error)?;
        Ok(page)
    }

    async fn find(&self, owner: UserId, id: MessageId) -> Result<Option<Message>, StoreError> {
        let row = message::Entity::find_by_id(id.uuid())
            .filter(message::Column::UserId.eq(owner.uuid()))
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        let mut found: Vec<Message> = row.map(Message::from).into_iter().collect();
        attach(self.db.connection(), &mut found).await.map_err(store_error)?;
        Ok(found.pop())
    }
}
