//! The rows of a turn as it begins.

use common::UserId;
use common::domain::message::{MessageStatus, NewQuestion, NewReply, NewTurn, Role};
use uuid::Uuid;

use super::super::entities::message::{self, count, json, word};

/// Where a message is put.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub(super) parent: Option<Uuid>,
    pub(super) place: Option<Uuid>,
    pub(super) depth: i32,
}

/// What the user says.
pub(super) fn user_row(
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

/// A reply of which nothing has come.
pub(super) fn reply_row(
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
