use std::time::Duration;

use async_trait::async_trait;
use common::domain::message::{
    FinishReason, Lease, Message, MessageStatus, NewQuestion, NewReply, NewTurn, Question,
    ReplyEnd, ReplyFailure, Role,
};
use common::repositories::{Checkpoint, ReplyRepository, StoreError, TurnError};
use common::{ErrorCode, MessageId, UserId};
use platform::db::{Bell, Database, is_unique_violation, store_error};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict, Query};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    FromQueryResult, PaginatorTrait, QueryFilter, QuerySelect,
};
use uuid::Uuid;

use super::conversations::CONVERSATION_COUNTS;
use super::entities::message::{self, count, json, word};
use super::entities::{conversation, model_context};
use super::{attachments, branches, errands, idempotency, search, usage};

/// How long, and how often, it is looked up whether a turn is stored whose commit was not answered.
const LOOKING: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(50);

/// The life of replies in the service's database.
pub struct SqlReplies {
    db: Database,
    /// Rung when an owner wants a reply stopped.
    cancels: Bell,
}

/// What a conversation and the database's clock say when a turn begins.
#[derive(FromQueryResult)]
struct Beginning {
    next_seq: i64,
    active_leaf_id: Option<Uuid>,
    title: Option<String>,
    now: i64,
}

/// Where a message is put.
#[derive(Clone, Copy)]
struct Spot {
    parent: Option<Uuid>,
    place: Option<Uuid>,
    depth: i32,
}

impl SqlReplies {
    pub fn new(db: Database) -> Self {
        Self { cancels: Bell::new(db.clone(), "cancels"), db }
    }

    /// The conversation, which nobody else changes until the transaction ends.
    async fn lock(
        &self,
        tx: &DatabaseTransaction,
        owner: UserId,
        turn: &NewTurn,
    ) -> Result<Option<Beginning>, DbErr> {
        conversation::Entity::find_by_id(turn.conversation.uuid())
            .filter(conversation::Column::UserId.eq(owner.uuid()))
            .select_only()
            .column(conversation::Column::NextSeq)
            .column(conversation::Column::ActiveLeafId)
            .column(conversation::Column::Title)
            .expr_as(self.db.now_micros(), "now")
            .lock_exclusive()
            .into_model()
            .one(tx)
            .await
    }

    /// Commits a turn. If the connection breaks before the answer, the turn may be stored all the same: were that not looked up,
    /// nobody would make its replies.
    async fn commit(
        &self,
        tx: DatabaseTransaction,
        owner: UserId,
        turn: &NewTurn,
    ) -> Result<(), DbErr> {
        let Err(error) = tx.commit().await else { return Ok(()) };
        let look = async {
            loop {
                match self.is_stored(owner, turn).await {
                    Ok(is_stored) => return is_stored,
                    // Other connections may have broken with it.
                    Err(_) => tokio::time::sleep(LOOK).await,
                }
            }
        };
        match tokio::time::timeout(LOOKING, look).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(error),
        }
    }

    /// Whether a turn is stored. A commit of it that is still under way is waited for, since it holds the conversation.
    async fn is_stored(&self, owner: UserId, turn: &NewTurn) -> Result<bool, DbErr> {
        let tx = self.db.begin_write().await?;
        self.lock(&tx, owner, turn).await?;
        let replies = turn.replies.iter().map(|reply| reply.id.uuid());
        let stored =
            message::Entity::find().filter(message::Column::Id.is_in(replies)).count(&tx).await?;
        Ok(stored > 0)
    }

    /// How many replies of the owner's are running and have a living maker. No other begins until the transaction ends: all
    /// of them take the same lock, and what is counted is what stands after the wait for it.
    async fn running_of(&self, tx: &DatabaseTransaction, owner: UserId) -> Result<u64, DbErr> {
        CONVERSATION_COUNTS.lock(tx, owner).await?;
        message::Entity::find()
            .filter(message::Column::UserId.eq(owner.uuid()))
            .filter(is_running())
            .filter(Expr::col(message::Column::LeaseUntil).gte(self.db.now_micros()))
            .count(tx)
            .await
    }

    /// Makes running replies whose lease has run out `interrupted`, of those that match.
    async fn interrupt_expired(
        &self,
        connection: &impl ConnectionTrait,
        which: Condition,
    ) -> Result<u64, DbErr> {
        let failure = ReplyFailure::new(
            ErrorCode::InternalError,
            "The server stopped while it made this reply. What had come is kept; ask again.",
            true,
        );
        let interrupted = message::Entity::update_many()
            .col_expr(message::Column::Error, Expr::val(json(&failure)))
            .col_expr(message::Column::Status, Expr::val(word(MessageStatus::Interrupted)))
            .col_expr(message::Column::FinishReason, Expr::val(word(FinishReason::Error)))
            .col_expr(message::Column::LeaseUntil, Expr::val(None::<i64>))
            .filter(is_running())
            .filter(Expr::col(message::Column::LeaseUntil).lte(self.db.now_micros()))
            .filter(which)
            .exec_with_returning(connection)
            .await?;
        search::index_messages(connection, &interrupted).await?;
        Ok(interrupted.len() as u64)
    }
}

#[async_trait]
impl ReplyRepository for SqlReplies {
    async fn begin_turn(
        &self,
        owner: UserId,
        turn: &NewTurn,
        slots: u32,
    ) -> Result<(Message, Vec<Message>), TurnError> {
        let tx = self.db.begin_write().await.map_err(store_error)?;
        let found = self.lock(&tx, owner, turn).await.map_err(store_error)?;
        let beginning = found.ok_or(TurnError::NotFound)?;
        if !idempotency::claim(&tx, owner, turn).await.map_err(store_error)? {
            return Err(TurnError::KeyTaken);
        }
        let models = turn.replies.iter().map(|reply| reply.model.as_str());
        let same = Condition::all()
            .add(message::Column::ConversationId.eq(turn.conversation.uuid()))
            .add(message::Column::Model.is_in(models));
        self.interrupt_expired(&tx, same).await.map_err(store_error)?;
        let running = self.running_of(&tx, owner).await.map_err(store_error)?;
        if running + turn.replies.len() as u64 > u64::from(slots) {
            return Err(TurnError::TooManyReplies);
        }
        let (user, is_new, place) = question(&tx, owner, turn, &beginning).await?;
        let spot = Spot { parent: Some(user.id), place, depth: user.depth + 1 };
        let first = beginning.next_seq + i64::from(is_new);
        let replies: Vec<message::Model> = (first..)
            .zip(&turn.replies)
            .map(|(seq, reply)| reply_row(&user, turn, reply, spot, seq, beginning.now))
            .collect();
        let rows: Vec<message::Model> =
            is_new.then(|| user.clone()).into_iter().chain(replies.iter().cloned()).collect();
        let added = i32::try_from(rows.len()).unwrap_or(i32::MAX);
        message::Entity::insert_many(rows.into_iter().map(message::ActiveModel::from))
            .exec_without_returning(&tx)
            .await
            .map_err(turn_error)?;
        let stored = async {
            if let Question::New(question) = &turn.question {
                attachments::insert(&tx, owner, question.id, &question.attachments).await?;
            }
            search::index_turn(&tx, owner, turn, beginning.title.is_none()).await?;
            grow_conversation(&tx, turn, added, beginning.title.is_none()).await?;
            for reply in &turn.replies {
                grow_context(&tx, turn, &reply.model, 1 + i32::from(is_new)).await?;
            }
            if let (Some(last), true) = (replies.last(), turn.is_a_branch()) {
                branches::make_active(&tx, turn.conversation.uuid(), last.id.into()).await?;
            }
            let mut messages: Vec<Message> =
                [user].into_iter().chain(replies).map(Message::from).collect();
            if turn.is_a_branch() {
                attachments::attach(&tx, &mut messages).await?;
                branches::count_siblings(&tx, &mut messages).await?;
            } else if let Question::New(question) = &turn.question {
                messages[0].attachments = question.attachments.iter().map(Into::into).collect();
            }
            self.commit(tx, owner, turn).await?;
            Ok(messages)
        };
        let mut messages = stored.await.map_err(store_error)?;
        let replies = messages.split_off(1);
        let user = messages.pop().ok_or(TurnError::NotFound)?;
        Ok((user, replies))
    }

    async fn checkpoint(
        &self,
        reply: MessageId,
        lease: Lease,
        content: &str,
        reasoning: &str,
    ) -> Result<Checkpoint, StoreError> {
        let status = if content.is_empty() && reasoning.is_empty() {
            MessageStatus::Pending
        } else {
            MessageStatus::Streaming
        };
        let until = self.db.after(lease.length());
        // Only the flag comes back, not the text that went there.
        let statement = Query::update()
            .table(message::Entity)
            .value(message::Column::Content, content)
            .value(message::Column::Reasoning, reasoning)
            .value(message::Column::Status, word(status))
            .value(message::Column::LeaseUntil, until)
            .cond_where(held(reply, lease.holder))
            .returning_col(message::Column::CancelRequested)
            .to_owned();
        let row = match self.db.connection().query_one(&statement).await {
            // It was reaped, and another reply runs in its place.
            Err(error) if is_another_running(&error) => None,
            other => other.map_err(store_error)?,
        };
        let Some(row) = row else {
            let there = message::Entity::find_by_id(reply.uuid()).count(self.db.connection()).await;
            let is_gone = there.map_err(store_error)? == 0;
            return Ok(if is_gone { Checkpoint::Gone } else { Checkpoint::LeaseLost });
        };
        let is_cancelled: bool = row.try_get("", "cancel_requested").map_err(store_error)?;
        Ok(if is_cancelled { Checkpoint::CancelRequested } else { Checkpoint::Stored })
    }

    async fn renew(&self, lease: Lease) -> Result<Vec<MessageId>, StoreError> {
        // Not those that another statement has just locked: it waits for others of them, perhaps, and renews or ends what it has.
        let ours = Query::select()
            .column(message::Column::Id)
            .from(message::Entity)
            .cond_where(is_running().add(message::Column::LeaseOwner.eq(lease.holder)))
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .to_owned();
        let statement = Query::update()
            .table(message::Entity)
            .value(message::Column::LeaseUntil, self.db.after(lease.length()))
            .and_where(Expr::col(message::Column::Id).in_subquery(ours))
            .returning_col(message::Column::Id)
            .to_owned();
        let renew = async {
            let rows = self.db.connection().query_all(&statement).await?;
            let ids = rows.iter().map(|row| row.try_get::<Uuid>("", "id").map(MessageId::from));
            ids.collect::<Result<_, DbErr>>()
        };
        renew.await.map_err(store_error)
    }

    async fn finish(&self, ends: &[ReplyEnd]) -> Result<Vec<MessageId>, StoreError> {
        // Conversations are locked before their messages, and in one order, as whoever deletes them does.
        let mut ends: Vec<&ReplyEnd> = ends.iter().collect();
        ends.sort_by_key(|end| end.conversation);
        let finish = async {
            let tx = self.db.begin_write().await?;
            let (mut stored, mut before) = (Vec::with_capacity(ends.len()), Vec::new());
            for end in ends {
                conversation::Entity::update_many()
                    .col_expr(conversation::Column::UpdatedAt, Expr::val(end.at))
                    .filter(conversation::Column::Id.eq(end.conversation.uuid()))
                    .exec(&tx)
                    .await?;
                let updated = message::Entity::update_many()
                    .set(end_of(end))
                    .filter(held(end.reply, end.holder))
                    .exec(&tx)
                    .await?;
                if updated.rows_affected > 0 {
                    stored.push(end);
                } else if is_stored(&tx, end).await? {
                    before.push(end.reply);
                }
            }
            errands::note(&tx, &stored).await?;
            usage::add(&tx, &stored).await?;
            search::index_ends(&tx, &stored).await?;
            tx.commit().await?;
            Ok(stored.into_iter().map(|end| end.reply).chain(before).collect())
        };
        finish.await.map_err(store_error)
    }

    async fn request_cancel(
        &self,
        owner: UserId,
        reply: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        let mine = || {
            Condition::all()
                .add(message::Column::Id.eq(reply.uuid()))
                .add(message::Column::UserId.eq(owner.uuid()))
        };
        message::Entity::update_many()
            .col_expr(message::Column::CancelRequested, Expr::val(true))
            .filter(mine())
            .filter(is_running())
            .exec(self.db.connection())
            .await
            .map_err(store_error)?;
        // Who makes it sees the note before long, called or not.
        if let Err(error) = self.cancels.ring().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "nobody was called");
        }
        let row = message::Entity::find()
            .filter(mine())
            .one(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(row.map(Message::from))
    }

    async fn cancel_called(&self) {
        self.cancels.heard().await;
    }

    async fn cancelled(&self, holder: Uuid) -> Result<Vec<MessageId>, StoreError> {
        let ids: Vec<Uuid> = message::Entity::find()
            .select_only()
            .column(message::Column::Id)
            .filter(message::Column::LeaseOwner.eq(holder))
            .filter(is_running())
            .filter(Expr::cust("cancel_requested"))
            .into_tuple()
            .all(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(ids.into_iter().map(MessageId::from).collect())
    }

    async fn reap(&self, alive: &[MessageId]) -> Result<u64, StoreError> {
        let dead = message::Column::Id.is_not_in(alive.iter().map(|id| id.uuid()));
        let dead = Condition::all().add(dead);
        let reap = async {
            let tx = self.db.begin_write().await?;
            let interrupted = self.interrupt_expired(&tx, dead).await?;
            tx.commit().await?;
            Ok(interrupted)
        };
        reap.await.map_err(store_error)
    }
}

/// In literals, so that the index of running replies serves on SQLite too.
fn is_running() -> Condition {
    Condition::all().add(Expr::cust("status IN ('pending', 'streaming')"))
}

/// A reply that is still its maker's: running, or taken for dead by mistake. Its end takes the name off.
fn held(reply: MessageId, holder: Uuid) -> Condition {
    let not_ended =
        [MessageStatus::Pending, MessageStatus::Streaming, MessageStatus::Interrupted].map(word);
    Condition::all()
        .add(message::Column::Id.eq(reply.uuid()))
        .add(message::Column::LeaseOwner.eq(holder))
        .add(message::Column::Status.is_in(not_ended))
}

/// Whether an end is stored already: by a commit that was not answered, so that it is tried again.
async fn is_stored(tx: &DatabaseTransaction, end: &ReplyEnd) -> Result<bool, DbErr> {
    let found = message::Entity::find_by_id(end.reply.uuid())
        .filter(message::Column::Status.eq(word(end.status)))
        .filter(message::Column::Content.eq(end.content.as_str()))
        .filter(message::Column::LeaseOwner.is_null())
        .count(tx)
        .await?;
    Ok(found > 0)
}

/// How deep the end of the active branch is. Read once the conversation is locked, and not while: a statement does not see what
/// was stored while it waited.
async fn depth_of_leaf(tx: &DatabaseTransaction, beginning: &Beginning) -> Result<i32, DbErr> {
    let Some(leaf) = beginning.active_leaf_id else { return Ok(0) };
    let depth: Option<i32> = message::Entity::find_by_id(leaf)
        .select_only()
        .column(message::Column::Depth)
        .into_tuple()
        .one(tx)
        .await?;
    Ok(depth.unwrap_or(0))
}

/// The user's message of a turn, whether it is new, and the place that the replies are to take.
async fn question(
    tx: &DatabaseTransaction,
    owner: UserId,
    turn: &NewTurn,
    beginning: &Beginning,
) -> Result<(message::Model, bool, Option<Uuid>), TurnError> {
    let find = async |id: MessageId, role: Role| {
        let row = message::Entity::find_by_id(id.uuid())
            .filter(message::Column::ConversationId.eq(turn.conversation.uuid()))
            .filter(message::Column::Role.eq(word(role)))
            .one(tx)
            .await;
        row.map_err(store_error)?.ok_or(TurnError::NotFound)
    };
    match &turn.question {
        Question::New(question) => {
            let spot = match question.instead_of {
                None => Spot {
                    parent: beginning.active_leaf_id,
                    place: None,
                    depth: depth_of_leaf(tx, beginning).await.map_err(store_error)? + 1,
                },
                Some(other) => {
                    let other = find(other, Role::User).await?;
                    let place = other.place_id.unwrap_or(other.id);
                    Spot { parent: other.parent_id, place: Some(place), depth: other.depth }
                }
            };
            Ok((user_row(owner, turn, question, spot, beginning.next_seq), true, None))
        }
        Question::Again { message, instead_of } => {
            let reply = find(*instead_of, Role::Assistant).await?;
            if reply.parent_id != Some(message.uuid()) {
                return Err(TurnError::NotFound);
            }
            if [MessageStatus::Pending, MessageStatus::Streaming].map(word).contains(&reply.status)
            {
                return Err(TurnError::GenerationInProgress);
            }
            let user = find(*message, Role::User).await?;
            Ok((user, false, Some(reply.place_id.unwrap_or(reply.id))))
        }
    }
}

async fn grow_conversation(
    tx: &DatabaseTransaction,
    turn: &NewTurn,
    added: i32,
    is_untitled: bool,
) -> Result<(), DbErr> {
    let leaf = turn.replies.last().map(|reply| reply.id.uuid());
    let change = conversation::ActiveModel {
        title: if is_untitled { Set(Some(turn.title.clone())) } else { NotSet },
        active_leaf_id: Set(leaf),
        updated_at: Set(turn.at),
        ..Default::default()
    };
    let grown = |column| Expr::col(column).add(added);
    conversation::Entity::update_many()
        .set(change)
        .col_expr(conversation::Column::NextSeq, grown(conversation::Column::NextSeq))
        .col_expr(conversation::Column::MessageCount, grown(conversation::Column::MessageCount))
        .filter(conversation::Column::Id.eq(turn.conversation.uuid()))
        .exec(tx)
        .await
        .map(drop)
}

async fn grow_context(
    tx: &DatabaseTransaction,
    turn: &NewTurn,
    model: &str,
    added: i32,
) -> Result<(), DbErr> {
    let row = model_context::ActiveModel {
        conversation_id: Set(turn.conversation.uuid()),
        model: Set(model.to_owned()),
        message_count: Set(added),
        first_message_at: Set(turn.at),
        last_message_at: Set(turn.at),
        ..Default::default()
    };
    let counted =
        Expr::col((model_context::Entity, model_context::Column::MessageCount)).add(added);
    let key = [model_context::Column::ConversationId, model_context::Column::Model];
    let on_conflict = OnConflict::columns(key)
        .value(model_context::Column::MessageCount, counted)
        .update_column(model_context::Column::LastMessageAt)
        .to_owned();
    model_context::Entity::insert(row)
        .on_conflict(on_conflict)
        .exec_without_returning(tx)
        .await
        .map(drop)
}

fn user_row(
    owner: UserId,
    turn: &NewTurn,
    question: &NewQuestion,
    spot: Spot,
    seq: i64,
) -> message::Model {
    message::Model {
        id: question.id.uuid(),
        conversation_id: turn.conversation.uuid(),
        user_id: owner.uuid(),
        parent_id: spot.parent,
        place_id: spot.place,
        depth: spot.depth,
        is_chosen: true,
        on_branch: true,
        turn_id: turn.turn.uuid(),
        model: turn.replies.first().map(|reply| reply.model.clone()).unwrap_or_default(),
        seq,
        role: word(Role::User),
        content: question.content.clone(),
        reasoning: String::new(),
        status: word(MessageStatus::Complete),
        finish_reason: None,
        error: None,
        token_count: Some(count(question.tokens)),
        temperature: None,
        prompt_tokens: None,
        completion_tokens: None,
        cost_micro_usd: None,
        prompt_versions: json(&[(); 0]),
        answered_by: None,
        context: None,
        lease_owner: None,
        lease_until: None,
        cancel_requested: false,
        created_at: turn.at,
    }
}

fn reply_row(
    user: &message::Model,
    turn: &NewTurn,
    reply: &NewReply,
    spot: Spot,
    seq: i64,
    now: i64,
) -> message::Model {
    message::Model {
        id: reply.id.uuid(),
        parent_id: spot.parent,
        place_id: spot.place,
        depth: spot.depth,
        is_chosen: true,
        on_branch: true,
        model: reply.model.clone(),
        seq,
        role: word(Role::Assistant),
        content: String::new(),
        status: word(MessageStatus::Pending),
        token_count: None,
        temperature: reply.temperature,
        prompt_versions: json(&reply.prompt_versions),
        context: Some(json(&reply.context)),
        lease_owner: Some(turn.lease.holder),
        lease_until: Some(now + i64::from(turn.lease.seconds) * 1_000_000),
        created_at: turn.at,
        ..user.clone()
    }
}

fn end_of(end: &ReplyEnd) -> message::ActiveModel {
    let usage = end.usage.as_ref();
    message::ActiveModel {
        content: Set(end.content.clone()),
        reasoning: Set(end.reasoning.clone()),
        status: Set(word(end.status)),
        finish_reason: Set(end.finish_reason.map(word)),
        error: Set(end.error.as_ref().map(json)),
        token_count: Set(Some(count(end.tokens))),
        prompt_tokens: Set(usage.map(|usage| count(usage.tokens.prompt()))),
        completion_tokens: Set(usage.map(|usage| count(usage.tokens.completion()))),
        cost_micro_usd: Set(usage.and_then(|usage| usage.cost_micro_usd)),
        answered_by: Set(end.answered_by.clone()),
        lease_owner: Set(None),
        lease_until: Set(None),
        ..Default::default()
    }
}

fn turn_error(error: DbErr) -> TurnError {
    if is_another_running(&error) {
        TurnError::GenerationInProgress
    } else {
        store_error(error).into()
    }
}

/// Whether the database refused a second running reply of one conversation and model.
fn is_another_running(error: &DbErr) -> bool {
    is_unique_violation(error, "messages_one_running", "messages.conversation_id, messages.model")
}
