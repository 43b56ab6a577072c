//! How conversations are deleted, with the count of them and what is found of them.

use std::collections::HashMap;

use common::MessageId;
use common::domain::conversation::DeletedConversations;
use common::domain::message::MessageStatus;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::super::entities::conversation;
use super::super::entities::message::{self, word};
use super::super::search;
use super::{CONVERSATION_COUNTS, SqlConversations, TOMBSTONES};

/// So many that a deletion stays far below a statement's time.
const DELETED_AT_ONCE: u64 = 50;

impl SqlConversations {
    /// Deletes all rows that match, some at a time; how many, and the replies that were running in them. Whose they are is
    /// buried before the first goes, so that none can be made meanwhile.
    pub(super) async fn delete_all_where(
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

/// Deletes some of the rows that match; them, and the replies that were running in them.
pub(super) async fn delete_where(
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

pub(super) fn messages_of(row: &conversation::Model) -> u64 {
    u64::from(row.message_count.unsigned_abs())
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
