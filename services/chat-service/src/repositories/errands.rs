use std::time::Duration;

use async_trait::async_trait;
use common::ErrandId;
use common::domain::errand::{Errand, ErrandKind};
use common::domain::message::{Lease, ReplyEnd};
use common::repositories::{ErrandRepository, StoreError};
use platform::db::{Database, Writes, store_error};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryTrait};

use super::entities::errand::{ActiveModel, Column, Entity, Model};
use super::entities::message::{count, word};
use super::leases::take_up;

/// Errands in the service's database.
pub struct SqlErrands {
    db: Database,
}

impl SqlErrands {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ErrandRepository for SqlErrands {
    async fn take_up(&self, lease: Lease) -> Result<Option<Errand>, StoreError> {
        // A newer release may note others.
        let known = Condition::all().add(Column::Kind.is_in(ErrandKind::ALL.map(word)));
        let taken = take_up::<Entity>(&self.db, known, Column::LeaseUntil, lease).await;
        Ok(taken.map_err(store_error)?.and_then(Model::read))
    }

    async fn keep(&self, id: ErrandId, lease: Lease) -> Result<bool, StoreError> {
        let kept = Entity::update_many()
            .col_expr(Column::LeaseUntil, self.db.after(lease.length()))
            .filter(held(id, lease))
            .exec(self.db.connection())
            .await
            .map_err(store_error)?;
        Ok(kept.rows_affected > 0)
    }

    async fn let_go(&self, id: ErrandId, lease: Lease, pause: Duration) -> Result<(), StoreError> {
        let let_go = Entity::update_many()
            .col_expr(Column::LeaseUntil, self.db.after(pause))
            .col_expr(Column::LeaseOwner, Expr::val(None::<uuid::Uuid>))
            .filter(held(id, lease))
            .exec(self.db.connection());
        let_go.await.map(drop).map_err(store_error)
    }

    async fn end(&self, id: ErrandId, lease: Lease) -> Result<(), StoreError> {
        let ended = Entity::delete_many().filter(held(id, lease)).exec(self.db.connection());
        ended.await.map(drop).map_err(store_error)
    }
}

fn held(id: ErrandId, lease: Lease) -> Condition {
    Condition::all().add(Column::Id.eq(id.uuid())).add(Column::LeaseOwner.eq(lease.holder))
}

/// Notes what is to be asked now that replies have ended, in the transaction that stores their ends. What is noted already is
/// not noted again: who does it looks at all that was said by then.
pub(super) fn note(writes: &mut Writes, ends: &[&ReplyEnd]) {
    let rows: Vec<ActiveModel> =
        ends.iter().flat_map(|end| &end.errands).map(|errand| row_of(errand).into()).collect();
    if rows.is_empty() {
        return;
    }
    let one_of_each = OnConflict::columns([Column::ConversationId, Column::Model, Column::Kind])
        .do_nothing()
        .to_owned();
    writes.add(Entity::insert_many(rows).on_conflict(one_of_each).into_query());
}

fn row_of(errand: &Errand) -> Model {
    Model {
        id: errand.id.uuid(),
        user_id: errand.owner.uuid(),
        conversation_id: errand.conversation.uuid(),
        model: errand.model.clone(),
        kind: word(errand.kind),
        attempts: count(errand.attempts),
        created_at: errand.created_at,
        lease_owner: None,
        lease_until: 0,
    }
}

#[cfg(test)]
mod tests {
    use common::domain::conversation::Conversation;
    use common::domain::message::MessageStatus;
    use common::repositories::ConversationRepository;
    use common::{Clock, ConversationId};
    use rstest::rstest;
    use testkit::{Engine, a_clock};
    use uuid::Uuid;

    use super::super::SqlConversations;
    use super::super::contract::{Schema, schema};
    use super::*;

    fn a_conversation(id: ConversationId) -> Conversation {
        Conversation {
            id,
            owner: Uuid::from_u128(1).into(),
            project: None,
            title: None,
            model: "m".to_owned(),
            provider: "p".to_owned(),
            system_prompt: None,
            pinned: false,
            archived: false,
            message_count: 0,
            is_default: false,
            contexts: Vec::new(),
            last_message: None,
            created_at: a_clock().now(),
            updated_at: a_clock().now(),
        }
    }

    /// An end of a reply that gives rise to these errands.
    fn an_end(conversation: ConversationId, kinds: &[(u128, ErrandKind)]) -> ReplyEnd {
        let (id, owner, at) = (Uuid::from_u128(2), Uuid::from_u128(1).into(), a_clock().now());
        let errand = |(number, kind): &(u128, ErrandKind)| Errand {
            id: Uuid::from_u128(*number).into(),
            owner,
            conversation,
            model: "m".to_owned(),
            kind: *kind,
            attempts: 0,
            created_at: at,
        };
        ReplyEnd {
            reply: id.into(),
            owner,
            conversation,
            holder: id,
            content: String::new(),
            reasoning: String::new(),
            status: MessageStatus::Complete,
            finish_reason: None,
            error: None,
            tokens: 0,
            usage: None,
            answered_by: None,
            errands: kinds.iter().map(errand).collect(),
            at,
        }
    }

    async fn note_all(schema: &Schema, end: &ReplyEnd) {
        let tx = schema.db.begin_write().await.unwrap();
        let mut writes = schema.db.writes();
        note(&mut writes, &[end]);
        writes.run(&tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn lease(holder: u128) -> Lease {
        Lease { holder: Uuid::from_u128(holder), seconds: 60 }
    }

    #[rstest]
    #[tokio::test]
    async fn an_errand_is_noted_once_and_taken_up_by_one(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let schema = schema(engine).await;
        let (errands, id) = (SqlErrands::new(schema.db.clone()), Uuid::from_u128(9).into());
        let conversations = SqlConversations::new(schema.db.clone());
        conversations.insert(&a_conversation(id), None).await.unwrap();
        note_all(&schema, &an_end(id, &[(1, ErrandKind::Summary)])).await;
        note_all(&schema, &an_end(id, &[(2, ErrandKind::Summary)])).await;

        let (one, other) = tokio::join!(errands.take_up(lease(7)), errands.take_up(lease(8)));
        let (one, other) = (one.unwrap(), other.unwrap());
        let holder = if one.is_some() { 7 } else { 8 };
        let taken: Vec<Errand> = [one, other].into_iter().flatten().collect();
        assert_eq!(taken.len(), 1);
        assert_eq!((taken[0].id, taken[0].attempts), (Uuid::from_u128(1).into(), 1));
        let (taken, stranger) = (taken[0].id, lease(6));
        assert!(errands.keep(taken, lease(holder)).await.unwrap());
        assert!(!errands.keep(taken, stranger).await.unwrap());
        errands.end(taken, stranger).await.unwrap();
        errands.let_go(taken, stranger, Duration::ZERO).await.unwrap();
        assert_eq!(errands.take_up(stranger).await.unwrap(), None, "it is another's");

        errands.let_go(taken, lease(holder), Duration::ZERO).await.unwrap();
        let again = errands.take_up(stranger).await.unwrap().unwrap();
        assert_eq!((again.id, again.attempts, again.kind), (taken, 2, ErrandKind::Summary));
        errands.let_go(taken, stranger, Duration::from_secs(60)).await.unwrap();
        assert_eq!(errands.take_up(stranger).await.unwrap(), None, "it pauses");

        // Another kind is another errand, and what is done is gone, as what goes with its conversation.
        note_all(&schema, &an_end(id, &[(3, ErrandKind::Title), (4, ErrandKind::OwnSummary)]))
            .await;
        let title = errands.take_up(stranger).await.unwrap().unwrap();
        errands.end(title.id, stranger).await.unwrap();
        conversations.delete(Uuid::from_u128(1).into(), id).await.unwrap();
        assert_eq!(errands.take_up(stranger).await.unwrap(), None);
    }
}
