//! An imported conversation as rows.

use std::collections::{HashMap, HashSet};

use common::MessageId;
use common::domain::import::ImportedConversation;
use common::domain::message::{Message, Role};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel};
use uuid::Uuid;

use super::super::conversations::row_of;
use super::super::entities::message::{self, count, json, word};
use super::super::entities::{conversation, model_context};
use super::super::{attachments, search};

/// So many that no database refuses the statement.
const ROWS_AT_ONCE: usize = 500;

pub(super) async fn insert(
    tx: &DatabaseTransaction,
    imported: &ImportedConversation,
) -> Result<(), DbErr> {
    let ImportedConversation { conversation, messages, chosen, leaf } = imported;
    let owner = conversation.owner;
    let row = conversation::ActiveModel {
        pinned: Set(conversation.pinned),
        archived: Set(conversation.archived),
        next_seq: Set(messages.len() as i64 + 1),
        message_count: Set(count(conversation.message_count)),
        active_leaf_id: Set(leaf.map(MessageId::uuid)),
        ..row_of(conversation)
    };
    conversation::Entity::insert(row).exec_without_returning(tx).await?;
    if let Some(title) = &conversation.title {
        search::index_title(tx, owner, conversation.id.uuid(), title).await?;
    }
    for some in messages.chunks(ROWS_AT_ONCE) {
        let row =
            |message: &Message| message_row(owner.uuid(), message, chosen.contains(&message.id));
        let rows = some.iter().map(|record| row(&record.message));
        message::Entity::insert_many(rows.map(message::ActiveModel::from))
            .exec_without_returning(tx)
            .await?;
    }
    for record in messages {
        attachments::insert(tx, owner, record.message.id, &record.images).await?;
    }
    let contexts = contexts_of(conversation.id.uuid(), messages.iter().map(|one| &one.message));
    for some in contexts.chunks(ROWS_AT_ONCE) {
        let rows = some.iter().cloned().map(IntoActiveModel::into_active_model);
        model_context::Entity::insert_many::<model_context::ActiveModel, _>(rows)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

fn message_row(owner: Uuid, message: &Message, is_chosen: bool) -> message::Model {
    let usage = message.usage;
    message::Model {
        id: message.id.uuid(),
        conversation_id: message.conversation.uuid(),
        user_id: owner,
        parent_id: message.parent.map(MessageId::uuid),
        place_id: (message.place != message.id).then(|| message.place.uuid()),
        depth: count(message.depth),
        is_chosen,
        on_branch: message.on_branch,
        turn_id: message.turn.uuid(),
        model: message.model.clone(),
        seq: message.seq,
        role: word(message.role),
        content: message.content.clone(),
        reasoning: message.reasoning.clone(),
        status: word(message.status),
        finish_reason: message.finish_reason.map(word),
        error: message.error.as_ref().map(json),
        token_count: message.tokens.map(count),
        temperature: message.temperature,
        prompt_tokens: usage.map(|usage| count(usage.prompt_tokens)),
        completion_tokens: usage.map(|usage| count(usage.completion_tokens)),
        cost_micro_usd: usage.and_then(|usage| usage.cost_micro_usd),
        prompt_versions: json(&message.prompt_versions),
        answered_by: message.answered_by.clone(),
        context: None,
        lease_owner: None,
        lease_until: None,
        cancel_requested: false,
        created_at: message.created_at,
    }
}

/// What was said with each model: its replies, and what they answer.
fn contexts_of<'a>(
    conversation: Uuid,
    messages: impl Iterator<Item = &'a Message>,
) -> Vec<model_context::Model> {
    let mut contexts: Vec<model_context::Model> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    // The questions that are counted, with who answered them.
    let mut counted = HashSet::new();
    for reply in messages.filter(|message| message.role == Role::Assistant) {
        let added = 1 + i32::from(counted.insert((reply.parent, &reply.model)));
        let at = reply.created_at;
        match places.get(reply.model.as_str()).and_then(|place| contexts.get_mut(*place)) {
            Some(context) => {
                context.message_count += added;
                context.first_message_at = context.first_message_at.min(at);
                context.last_message_at = context.last_message_at.max(at);
            }
            None => {
                places.insert(&reply.model, contexts.len());
                contexts.push(model_context::Model {
                    conversation_id: conversation,
                    model: reply.model.clone(),
                    message_count: added,
                    first_message_at: at,
                    last_message_at: at,
                    summary: None,
                    summary_through: None,
                    summary_is_own: false,
                    summary_updated_at: None,
                });
            }
        }
    }
    contexts
}
