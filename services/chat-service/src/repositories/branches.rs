//! Where messages stand in their conversation's tree.

use std::collections::HashMap;

use common::MessageId;
use common::domain::branch::{self, Node};
use common::domain::message::Message;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult,
    QueryFilter, QuerySelect,
};
use uuid::Uuid;

use super::entities::{conversation, message};

/// So many ids that no database refuses the statement.
const IDS_AT_ONCE: usize = 5_000;

/// What a row says of the tree.
#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    parent_id: Option<Uuid>,
    place_id: Option<Uuid>,
    is_chosen: bool,
    on_branch: bool,
}

#[derive(FromQueryResult)]
struct Counted {
    place_id: Uuid,
    others: i64,
}

impl Row {
    fn node(&self) -> Node {
        Node {
            id: self.id.into(),
            parent: self.parent_id.map(Into::into),
            place: self.place_id.unwrap_or(self.id).into(),
            is_chosen: self.is_chosen,
        }
    }
}

/// Makes the branch through a message of the conversation's the active one. The conversation must be locked.
pub(super) async fn make_active(
    tx: &DatabaseTransaction,
    conversation: Uuid,
    through: MessageId,
) -> Result<(), DbErr> {
    let rows: Vec<Row> = message::Entity::find()
        .filter(message::Column::ConversationId.eq(conversation))
        .select_only()
        .columns([
            message::Column::Id,
            message::Column::ParentId,
            message::Column::PlaceId,
            message::Column::IsChosen,
            message::Column::OnBranch,
        ])
        .into_model()
        .all(tx)
        .await?;
    let tree: Vec<Node> = rows.iter().map(Row::node).collect();
    let Some(branch) = branch::through(&tree, through) else { return Ok(()) };
    for now in [true, false] {
        let is_chosen = |node: &Node| branch.chosen.get(&node.place) == Some(&node.id);
        let chosen =
            rows.iter().filter(|row| is_chosen(&row.node()) == now && row.is_chosen != now);
        set(tx, message::Column::IsChosen, now, chosen).await?;
        let active = rows
            .iter()
            .filter(|row| branch.messages.contains(&row.id.into()) == now && row.on_branch != now);
        set(tx, message::Column::OnBranch, now, active).await?;
    }
    conversation::Entity::update_many()
        .col_expr(conversation::Column::ActiveLeafId, Expr::val(branch.leaf.uuid()))
        .filter(conversation::Column::Id.eq(conversation))
        .exec(tx)
        .await
        .map(drop)
}

async fn set(
    tx: &DatabaseTransaction,
    column: message::Column,
    value: bool,
    rows: impl Iterator<Item = &Row>,
) -> Result<(), DbErr> {
    let ids: Vec<Uuid> = rows.map(|row| row.id).collect();
    for ids in ids.chunks(IDS_AT_ONCE) {
        message::Entity::update_many()
            .col_expr(column, Expr::val(value))
            .filter(message::Column::Id.is_in(ids.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Messages with the number of those in their place, in one statement however many there are.
pub(super) async fn count_siblings(
    connection: &impl ConnectionTrait,
    messages: &mut [Message],
) -> Result<(), DbErr> {
    if messages.is_empty() {
        return Ok(());
    }
    let places = messages.iter().map(|message| message.place.uuid());
    let counted: Vec<Counted> = message::Entity::find()
        .filter(message::Column::PlaceId.is_in(places))
        .select_only()
        .column(message::Column::PlaceId)
        .column_as(message::Column::Id.count(), "others")
        .group_by(message::Column::PlaceId)
        .into_model()
        .all(connection)
        .await?;
    let others: HashMap<Uuid, i64> =
        counted.into_iter().map(|Counted { place_id, others }| (place_id, others)).collect();
    for message in messages {
        let others = others.get(&message.place.uuid()).copied().unwrap_or(0);
        message.siblings = u32::try_from(others + 1).unwrap_or(u32::MAX);
    }
    Ok(())
}
