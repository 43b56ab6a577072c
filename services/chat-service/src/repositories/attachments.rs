use std::collections::HashMap;

use async_trait::async_trait;
use common::domain::attachment::{Attachment, Image, ImageType, NewAttachment};
use common::domain::message::{Message, Role};
use common::repositories::{AttachmentRepository, StoreError};
use common::{AttachmentId, MessageId, UserId};
use platform::db::{Database, store_error};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::entities::attachment;
use super::entities::message::count;

/// What is attached to messages in the service's database, for reading.
pub struct SqlAttachments {
    db: Database,
}

/// All of a row but the bytes.
#[derive(FromQueryResult)]
struct Described {
    id: Uuid,
    message_id: Uuid,
    media_type: String,
    size: i32,
}

#[derive(FromQueryResult)]
struct File {
    id: Uuid,
    media_type: String,
    data: Vec<u8>,
}

impl SqlAttachments {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl AttachmentRepository for SqlAttachments {
    async fn find(
        &self,
        owner: UserId,
        message: MessageId,
        id: AttachmentId,
    ) -> Result<Option<Image>, StoreError> {
        let file: Option<File> = attachment::Entity::find_by_id(id.uuid())
            .filter(attachment::Column::MessageId.eq(message.uuid()))
            .filter(attachment::Column::UserId.eq(owner.uuid()))
            .into_model()
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(file.and_then(image))
    }

    async fn images(
        &self,
        owner: UserId,
        ids: &[AttachmentId],
    ) -> Result<HashMap<AttachmentId, Image>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let files: Vec<File> = attachment::Entity::find()
            .filter(attachment::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .filter(attachment::Column::UserId.eq(owner.uuid()))
            .into_model()
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        let files = files.into_iter().map(|file| (file.id.into(), file));
        Ok(files.filter_map(|(id, file)| Some((id, image(file)?))).collect())
    }
}

/// Stores what is attached to a message.
pub(super) async fn insert(
    tx: &DatabaseTransaction,
    owner: UserId,
    message: MessageId,
    attachments: &[NewAttachment],
) -> Result<(), DbErr> {
    // One at a time: of bytes that are on their way to the database there are two copies.
    for (position, new) in (0..).zip(attachments) {
        let Attachment { id, kind, size } = new.into();
        let row = attachment::ActiveModel {
            id: Set(id.uuid()),
            message_id: Set(message.uuid()),
            user_id: Set(owner.uuid()),
            position: Set(position),
            media_type: Set(kind.media_type().to_owned()),
            size: Set(count(size)),
            data: Set(new.image.data.to_vec()),
        };
        attachment::Entity::insert(row).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Messages with what is attached to them, in one statement however many there are. Nothing is attached to replies.
pub(super) async fn attach(
    connection: &impl ConnectionTrait,
    messages: &mut [Message],
) -> Result<(), DbErr> {
    let users = messages.iter().filter(|message| message.role == Role::User);
    let ids = users.map(|message| message.id.uuid()).collect();
    let mut attached = attached(connection, ids).await?;
    for message in messages {
        message.attachments = attached.remove(&message.id.uuid()).unwrap_or_default();
    }
    Ok(())
}

/// What is attached to some messages, without the bytes.
pub(super) async fn attached(
    connection: &impl ConnectionTrait,
    messages: Vec<Uuid>,
) -> Result<HashMap<Uuid, Vec<Attachment>>, DbErr> {
    let mut attached = HashMap::<_, Vec<_>>::new();
    if messages.is_empty() {
        return Ok(attached);
    }
    let described: Vec<Described> = attachment::Entity::find()
        .filter(attachment::Column::MessageId.is_in(messages))
        .select_only()
        .columns([
            attachment::Column::Id,
            attachment::Column::MessageId,
            attachment::Column::MediaType,
            attachment::Column::Size,
        ])
        .order_by_asc(attachment::Column::Position)
        .into_model()
        .all(connection)
        .await?;
    for row in described {
        // A kind that a newer release knows is none that could be shown here.
        let Some(kind) = ImageType::parse(&row.media_type) else { continue };
        let attachment = Attachment { id: row.id.into(), kind, size: row.size.unsigned_abs() };
        attached.entry(row.message_id).or_default().push(attachment);
    }
    Ok(attached)
}

fn image(file: File) -> Option<Image> {
    Some(Image { kind: ImageType::parse(&file.media_type)?, data: file.data.into() })
}

#[cfg(test)]
mod tests {
    use common::Clock;
    use common::domain::conversation::Conversation;
    use common::domain::message::{ContextUse, Lease, NewQuestion, NewReply, NewTurn, Question};
    use common::repositories::{
        ConversationRepository, MessageFilter, MessageRepository, ReplyRepository,
    };
    use common::{ConversationId, Direction, PageRequest};
    use rstest::rstest;
    use sea_orm::PaginatorTrait;
    use testkit::{Engine, a_clock};

    use super::super::contract::{Schema, schema};
    use super::super::{SqlConversations, SqlMessages, SqlReplies};
    use super::*;

    const ADA: u128 = 1;
    const EVE: u128 = 2;

    fn an_image(kind: ImageType, byte: u8) -> Image {
        Image { kind, data: vec![byte; 1_000].into() }
    }

    fn new(id: u128, kind: ImageType, byte: u8) -> NewAttachment {
        NewAttachment { id: Uuid::from_u128(id).into(), image: an_image(kind, byte) }
    }

    async fn a_conversation(schema: &Schema, owner: u128, id: u128) -> ConversationId {
        let conversation = Conversation {
            id: Uuid::from_u128(id).into(),
            owner: Uuid::from_u128(owner).into(),
            project: None,
            title: None,
            model: "m".to_owned(),
            provider: "p".to_owned(),
            system_prompt: None,
            pinned: false,
            archived: false,
            is_default: false,
            message_count: 0,
            contexts: Vec::new(),
            last_message: None,
            created_at: a_clock().now(),
            updated_at: a_clock().now(),
        };
        SqlConversations::new(schema.db.clone()).insert(&conversation, None).await.unwrap();
        conversation.id
    }

    /// Stores a message with these images in a conversation of its own.
    async fn attach(schema: &Schema, owner: u128, id: u128, images: &[NewAttachment]) -> Message {
        let turn = NewTurn {
            conversation: a_conversation(schema, owner, id + 2).await,
            turn: Uuid::from_u128(id).into(),
            question: Question::New(NewQuestion {
                id: Uuid::from_u128(id).into(),
                content: "Look".to_owned(),
                attachments: images.to_vec(),
                tokens: 1,
                instead_of: None,
            }),
            replies: vec![NewReply {
                id: Uuid::from_u128(id + 1).into(),
                model: "m".to_owned(),
                temperature: None,
                context: ContextUse {
                    sent: 1,
                    tokens: 1,
                    cut_before: None,
                    own_history: false,
                    summarized_through: None,
                },
                prompt_versions: Vec::new(),
            }],
            key: None,
            title: "Look".to_owned(),
            lease: Lease { holder: Uuid::from_u128(3), seconds: 60 },
            at: a_clock().now(),
        };
        let replies = SqlReplies::new(schema.db.clone());
        replies.begin_turn(Uuid::from_u128(owner).into(), &turn, 8).await.unwrap().0
    }

    #[rstest]
    #[tokio::test]
    async fn images_are_found_by_their_owner_with_their_message(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let schema = schema(engine).await;
        let (ada, eve) = (Uuid::from_u128(ADA).into(), Uuid::from_u128(EVE).into());
        let of_ada = [new(12, ImageType::Webp, 1), new(11, ImageType::Png, 2)];
        let message = attach(&schema, ADA, 100, &of_ada).await;
        let of_eve = [new(13, ImageType::Gif, 3)];
        let other = attach(&schema, EVE, 200, &of_eve).await;

        // In the order in which they were sent.
        assert_eq!(message.attachments, of_ada.each_ref().map(Attachment::from));
        let messages = SqlMessages::new(schema.db.clone());
        assert_eq!(messages.find(ada, message.id).await.unwrap().as_ref(), Some(&message));
        let page = PageRequest { limit: 10, after: None, direction: Direction::Ascending };
        let all = MessageFilter::default();
        let listed = messages.list(ada, message.conversation, all, page).await.unwrap().items;
        assert_eq!((&listed[0], listed[1].attachments.len()), (&message, 0));
        let told = messages.history(ada, message.conversation, all, page).await.unwrap().items;
        assert_eq!((told[0].id, &told[0].attachments), (message.id, &message.attachments));
        assert_eq!((told[1].depth, told[1].attachments.len()), (2, 0));

        let attachments = SqlAttachments::new(schema.db.clone());
        let (one, two, three) = (of_ada[0].id, of_ada[1].id, of_eve[0].id);
        let found = attachments.find(ada, message.id, one).await.unwrap();
        assert_eq!(found, Some(an_image(ImageType::Webp, 1)));
        for (owner, message, id) in
            [(eve, message.id, one), (ada, other.id, one), (ada, other.id, three)]
        {
            assert_eq!(attachments.find(owner, message, id).await.unwrap(), None);
        }
        let images = attachments.images(ada, &[two, one, three]).await.unwrap();
        assert_eq!(images.len(), 2);
        assert_eq!(images[&two], an_image(ImageType::Png, 2));
        assert!(attachments.images(ada, &[]).await.unwrap().is_empty());
    }

    #[rstest]
    #[tokio::test]
    async fn they_go_with_their_conversation_and_with_their_owner(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let schema = schema(engine).await;
        let left = async || attachment::Entity::find().count(schema.db.connection()).await.unwrap();
        let mut conversations = Vec::new();
        for (owner, id) in [(ADA, 100), (ADA, 200), (EVE, 300)] {
            let message = attach(&schema, owner, id, &[new(id, ImageType::Png, 1)]).await;
            conversations.push(message.conversation);
        }
        let repository = SqlConversations::new(schema.db.clone());
        assert_eq!(left().await, 3);
        repository.delete(Uuid::from_u128(ADA).into(), conversations[0]).await.unwrap();
        assert_eq!(left().await, 2);
        repository.delete_of_user(Uuid::from_u128(ADA).into()).await.unwrap();
        assert_eq!(left().await, 1);
    }
}
