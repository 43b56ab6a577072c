//! Who may write a reply: the contract of the repository, on both databases.

use std::sync::Arc;

use chat_service::ChatService;
use chat_service::repositories::{SqlMessages, SqlReplies};
use common::domain::message::{
    ContextUse, Lease, MessageStatus, NewQuestion, NewReply, NewTurn, Question, ReplyEnd,
};
use common::repositories::{Checkpoint, MessageRepository, ReplyRepository, TurnError};
use common::{ConversationId, MessageId, UserId};
use platform::cli::Service;
use platform::db::Database;
use platform::settings::DatabaseSettings;
use rstest::rstest;
use serde_json::json;
use testkit::{Engine, settings};
use uuid::Uuid;

use super::{Chat, a_conversation};

const A: Uuid = Uuid::from_u128(0xa);
const B: Uuid = Uuid::from_u128(0xb);

struct Desk {
    chat: Chat,
    owner: UserId,
    conversation: ConversationId,
    replies: SqlReplies,
    messages: Arc<dyn MessageRepository>,
}

impl Desk {
    async fn new(engine: Engine) -> Self {
        let chat = Chat::start(engine).await;
        let owner = chat.app.instance.ids.next();
        let conversation = a_conversation(&chat.app.user_with_id(owner), json!({})).await;
        let settings = settings(&[ChatService::DEFAULTS], &chat.database, &[]);
        let db =
            Database::connect(&DatabaseSettings::from(&settings).unwrap(), "chat").await.unwrap();
        let (replies, messages) = (SqlReplies::new(db.clone()), Arc::new(SqlMessages::new(db)));
        Self { chat, owner, conversation: conversation.parse().unwrap(), replies, messages }
    }

    async fn begin(&self, lease: Lease) -> Result<MessageId, TurnError> {
        self.begin_in(self.conversation, lease, 8).await
    }

    async fn begin_in(
        &self,
        conversation: ConversationId,
        lease: Lease,
        slots: u32,
    ) -> Result<MessageId, TurnError> {
        let instance = &self.chat.app.instance;
        let turn = NewTurn {
            conversation,
            turn: instance.ids.next(),
            question: Question::New(NewQuestion {
                id: instance.ids.next(),
                content: "Hello".into(),
                attachments: Vec::new(),
                tokens: 2,
                instead_of: None,
            }),
            replies: vec![NewReply {
                id: instance.ids.next(),
                model: "gpt-4o".into(),
                temperature: None,
                context: ContextUse {
                    sent: 1,
                    tokens: 2,
                    cut_before: None,
                    own_history: false,
                    summarized_through: None,
                },
                prompt_versions: Vec::new(),
            }],
            key: None,
            title: "Hello".into(),
            lease,
            at: instance.clock.now(),
        };
        self.replies.begin_turn(self.owner, &turn, slots).await.map(|(_, replies)| replies[0].id)
    }

    async fn checkpoint(&self, reply: MessageId, holder: Uuid) -> Checkpoint {
        self.replies.checkpoint(reply, Lease { holder, seconds: 0 }, "so far", "").await.unwrap()
    }

    async fn finish(&self, reply: MessageId, holder: Uuid) -> Vec<MessageId> {
        self.finish_with(reply, holder, "all of it").await
    }

    async fn finish_with(&self, reply: MessageId, holder: Uuid, content: &str) -> Vec<MessageId> {
        let end = ReplyEnd {
            reply,
            owner: self.owner,
            conversation: self.conversation,
            holder,
            content: content.into(),
            reasoning: String::new(),
            status: MessageStatus::Complete,
            finish_reason: None,
            error: None,
            tokens: 3,
            usage: None,
            answered_by: None,
            errands: Vec::new(),
            at: self.chat.app.instance.clock.now(),
        };
        self.replies.finish(&[end]).await.unwrap()
    }

    async fn status(&self, reply: MessageId) -> (MessageStatus, String) {
        let message = self.messages.find(self.owner, reply).await.unwrap().unwrap();
        (message.status, message.content)
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_its_makers_until_it_ends_or_another_takes_its_place(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::new(engine).await;
    let reply = desk.begin(Lease { holder: A, seconds: 60 }).await.unwrap();
    let second = desk.begin(Lease { holder: B, seconds: 60 }).await;
    assert!(matches!(second, Err(TurnError::GenerationInProgress)));
    assert_eq!(desk.replies.reap(&[]).await.unwrap(), 0, "its lease holds");
    assert_eq!(desk.checkpoint(reply, B).await, Checkpoint::LeaseLost);
    assert_eq!(desk.checkpoint(reply, A).await, Checkpoint::Stored);

    // That checkpoint's lease has run out at once. Its own process knows that it lives; another takes it for dead.
    assert_eq!(desk.replies.reap(&[reply]).await.unwrap(), 0);
    assert_eq!(desk.replies.reap(&[]).await.unwrap(), 1);
    assert_eq!(desk.status(reply).await, (MessageStatus::Interrupted, "so far".into()));
    assert_eq!(desk.checkpoint(reply, A).await, Checkpoint::Stored, "it was alive after all");
    assert_eq!(desk.status(reply).await.0, MessageStatus::Streaming);

    // Another reply takes its place; its end is still worth keeping.
    let next = desk.begin(Lease { holder: B, seconds: 60 }).await.unwrap();
    assert_eq!(desk.checkpoint(reply, A).await, Checkpoint::LeaseLost);
    assert_eq!(desk.finish(reply, B).await, []);
    assert_eq!(desk.finish(reply, A).await, [reply]);
    assert_eq!(desk.status(reply).await, (MessageStatus::Complete, "all of it".into()));
    assert_eq!(desk.finish(reply, A).await, [reply], "what is stored is told again");
    assert_eq!(desk.finish_with(reply, A, "more of it").await, [], "an end is final");
    assert_eq!(desk.checkpoint(reply, A).await, Checkpoint::LeaseLost);

    // A wish to stop is seen at the next checkpoint, and is nobody else's to have.
    let stranger = desk.chat.app.instance.ids.next();
    assert!(desk.replies.request_cancel(stranger, next).await.unwrap().is_none());
    assert_eq!(desk.checkpoint(next, B).await, Checkpoint::Stored);
    desk.replies.request_cancel(desk.owner, next).await.unwrap();
    assert_eq!(desk.checkpoint(next, B).await, Checkpoint::CancelRequested);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_whose_maker_has_gone_takes_no_slot(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::new(engine).await;
    let user = desk.chat.app.user_with_id(desk.owner);
    let other = a_conversation(&user, json!({})).await.parse().unwrap();
    let reply = desk.begin(Lease { holder: A, seconds: 60 }).await.unwrap();
    let lease = Lease { holder: B, seconds: 60 };
    let refused = desk.begin_in(other, lease, 1).await;
    assert!(matches!(refused, Err(TurnError::TooManyReplies)));

    // That checkpoint's lease has run out as soon as the database's clock has moved.
    assert_eq!(desk.checkpoint(reply, A).await, Checkpoint::Stored);
    while let Err(error) = desk.begin_in(other, lease, 1).await {
        assert!(matches!(error, TurnError::TooManyReplies), "{error}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn leases_are_renewed_together_but_only_ones_own(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let desk = Desk::new(engine).await;
    let ours = desk.begin(Lease { holder: A, seconds: 0 }).await.unwrap();
    let other = a_conversation(&desk.chat.app.user_with_id(desk.owner), json!({})).await;
    let lost = Lease { holder: B, seconds: 0 };
    let theirs = desk.begin_in(other.parse().unwrap(), lost, 8).await.unwrap();
    let renewed = desk.replies.renew(Lease { holder: A, seconds: 60 }).await.unwrap();
    assert_eq!(renewed, [ours]);
    assert_eq!(desk.replies.reap(&[]).await.unwrap(), 1);
    assert_eq!(desk.status(ours).await.0, MessageStatus::Pending);
    assert_eq!(desk.status(theirs).await.0, MessageStatus::Interrupted);

    // What has ended, or was taken for dead, has no lease to renew.
    assert_eq!(desk.replies.renew(Lease { holder: B, seconds: 60 }).await.unwrap(), []);
    assert_eq!(desk.finish(ours, A).await, [ours]);
    assert_eq!(desk.replies.renew(Lease { holder: A, seconds: 60 }).await.unwrap(), []);

    // Of the running ones the wishes to stop are told to their maker, and to nobody else.
    let next = desk.begin(Lease { holder: A, seconds: 60 }).await.unwrap();
    assert_eq!(desk.replies.cancelled(A).await.unwrap(), []);
    desk.replies.request_cancel(desk.owner, next).await.unwrap();
    assert_eq!(desk.replies.cancelled(A).await.unwrap(), [next]);
    assert_eq!(desk.replies.cancelled(B).await.unwrap(), []);
}
