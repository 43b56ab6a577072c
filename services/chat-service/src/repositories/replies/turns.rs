//! How turns are stored.

use std::time::Duration;

use common::domain::message::{Message, MessageStatus, NewTurn, Question, Role};
use common::repositories::TurnError;
use common::{MessageId, UserId};
use platform::db::store_error;
use sea_orm::sea_query::{
    Expr, ExprTrait, InsertStatement, OnConflict, Query, SelectStatement, SimpleExpr,
    UpdateStatement,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    FromQueryResult, PaginatorTrait, QueryFilter, QueryTrait,
};
use uuid::Uuid;

use super::super::conversations::CONVERSATION_COUNTS;
use super::super::entities::message::{self, word};
use super::super::entities::{conversation, model_context};
use super::super::{attachments, branches, idempotency, search};
use super::rows::{Spot, reply_row, user_row};
use super::{SqlReplies, is_another_running, is_running};

/// How long, and how often, it is looked up whether a turn is stored whose commit was not answered.
const LOOKING: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(50);

/// What a conversation and the database's clock say when a turn begins.
#[derive(FromQueryResult)]
struct Beginning {
    next_seq: i64,
    active_leaf_id: Option<Uuid>,
    title: Option<String>,
    now: i64,
}

/// What else is so once nobody can change it any more.
#[derive(FromQueryResult)]
struct Standing {
    /// How many replies of the owner's are running and have a living maker.
    running: i64,
    /// Whether one of those that the turn is about has a dead one.
    has_expired: bool,
    /// How deep the end of the active branch is.
    depth: Option<i32>,
}

impl SqlReplies {
    pub(super) async fn begin(
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
        let standing = self.standing(&tx, owner, turn, &beginning).await.map_err(store_error)?;
        if standing.has_expired {
            self.interrupt_expired(&tx, same_as(turn)).await.map_err(store_error)?;
        }
        let running = u32::try_from(standing.running).unwrap_or(u32::MAX);
        let more = u32::try_from(turn.replies.len()).unwrap_or(u32::MAX);
        if running.saturating_add(more) > slots {
            return Err(TurnError::TooManyReplies);
        }
        let depth = standing.depth.unwrap_or(0);
        let (user, is_new, place) = question(&tx, owner, turn, &beginning, depth).await?;
        let spot = Spot { parent: Some(user.id), place, depth: user.depth + 1 };
        let first = beginning.next_seq + i64::from(is_new);
        let replies: Vec<message::Model> = (first..)
            .zip(&turn.replies)
            .map(|(seq, reply)| reply_row(&user, turn, reply, spot, seq, beginning.now))
            .collect();
        let rows: Vec<message::Model> =
            is_new.then(|| user.clone()).into_iter().chain(replies.iter().cloned()).collect();
        let added = i32::try_from(rows.len()).unwrap_or(i32::MAX);
        let is_untitled = beginning.title.is_none();
        let mut writes = self.db.writes();
        let rows = rows.into_iter().map(message::ActiveModel::from);
        writes.add(message::Entity::insert_many(rows).into_query());
        search::index_turn(&mut writes, owner, turn, is_untitled);
        writes.add(grow_conversation(turn, added, is_untitled));
        writes.add(grow_contexts(turn, 1 + i32::from(is_new)));
        writes.run(&tx).await.map_err(turn_error)?;
        let stored = async {
            if let Question::New(question) = &turn.question {
                attachments::insert(&tx, owner, question.id, &question.attachments).await?;
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

    /// The conversation, which nobody else changes until the transaction ends; nor does another turn of the owner's begin
    /// meanwhile, since the owner's count is locked with it.
    async fn lock(
        &self,
        tx: &DatabaseTransaction,
        owner: UserId,
        turn: &NewTurn,
    ) -> Result<Option<Beginning>, DbErr> {
        let counted = Expr::col((CONVERSATION_COUNTS.0, "user_id"))
            .equals((conversation::Entity, conversation::Column::UserId));
        let columns = [
            conversation::Column::NextSeq,
            conversation::Column::ActiveLeafId,
            conversation::Column::Title,
        ];
        let statement = Query::select()
            .columns(columns)
            .expr_as(self.db.now_micros(), "now")
            .from(conversation::Entity)
            .inner_join(CONVERSATION_COUNTS.0, counted)
            .and_where(Expr::col(conversation::Column::Id).eq(turn.conversation.uuid()))
            .and_where(
                Expr::col((conversation::Entity, conversation::Column::UserId)).eq(owner.uuid()),
            )
            .lock_exclusive()
            .to_owned();
        let row = tx.query_one(&statement).await?;
        row.map(|row| Beginning::from_query_result(&row, "")).transpose()
    }

    /// Read once the locks are there, and not with them: a statement does not see what was stored while it waited.
    async fn standing(
        &self,
        tx: &DatabaseTransaction,
        owner: UserId,
        turn: &NewTurn,
        beginning: &Beginning,
    ) -> Result<Standing, DbErr> {
        let lease = || Expr::col(message::Column::LeaseUntil);
        let running = Query::select()
            .expr(Expr::cust("COUNT(*)"))
            .from(message::Entity)
            .and_where(Expr::col(message::Column::UserId).eq(owner.uuid()))
            .cond_where(is_running())
            .and_where(lease().gt(self.db.now_micros()))
            .to_owned();
        let expired = Query::select()
            .expr(Expr::val(1))
            .from(message::Entity)
            .cond_where(is_running().add(same_as(turn)))
            .and_where(lease().lte(self.db.now_micros()))
            .to_owned();
        let depth = Query::select()
            .column(message::Column::Depth)
            .from(message::Entity)
            .and_where(Expr::col(message::Column::Id).eq(beginning.active_leaf_id))
            .to_owned();
        let statement = Query::select()
            .expr_as(one(running), "running")
            .expr_as(Expr::exists(expired), "has_expired")
            .expr_as(one(depth), "depth")
            .to_owned();
        let row = tx.query_one(&statement).await?;
        let row = row.ok_or_else(|| DbErr::RecordNotFound("a row of three values".to_owned()))?;
        Standing::from_query_result(&row, "")
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
}

/// The one value of a query, as a value of another.
fn one(query: SelectStatement) -> SimpleExpr {
    SimpleExpr::SubQuery(None, Box::new(query.into()))
}

/// The replies of the models that a turn asks, in its conversation.
fn same_as(turn: &NewTurn) -> Condition {
    let models = turn.replies.iter().map(|reply| reply.model.as_str());
    Condition::all()
        .add(message::Column::ConversationId.eq(turn.conversation.uuid()))
        .add(message::Column::Model.is_in(models))
}

/// The user's message of a turn, whether it is new, and the place that the replies are to take. `depth` is that of the active
/// branch.
async fn question(
    tx: &DatabaseTransaction,
    owner: UserId,
    turn: &NewTurn,
    beginning: &Beginning,
    depth: i32,
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
                None => Spot { parent: beginning.active_leaf_id, place: None, depth: depth + 1 },
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

fn grow_conversation(turn: &NewTurn, added: i32, is_untitled: bool) -> UpdateStatement {
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
        .into_query()
}

/// Counts so many messages more for each of the turn's models.
fn grow_contexts(turn: &NewTurn, added: i32) -> InsertStatement {
    let rows = turn.replies.iter().map(|reply| model_context::ActiveModel {
        conversation_id: Set(turn.conversation.uuid()),
        model: Set(reply.model.clone()),
        message_count: Set(added),
        first_message_at: Set(turn.at),
        last_message_at: Set(turn.at),
        ..Default::default()
    });
    let counted =
        Expr::col((model_context::Entity, model_context::Column::MessageCount)).add(added);
    let key = [model_context::Column::ConversationId, model_context::Column::Model];
    let on_conflict = OnConflict::columns(key)
        .value(model_context::Column::MessageCount, counted)
        .update_column(model_context::Column::LastMessageAt)
        .to_owned();
    model_context::Entity::insert_many(rows).on_conflict(on_conflict).into_query()
}

fn turn_error(error: DbErr) -> TurnError {
    if is_another_running(&error) {
        TurnError::GenerationInProgress
    } else {
        store_error(error).into()
    }
}
