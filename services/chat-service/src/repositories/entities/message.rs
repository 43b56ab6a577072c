use common::domain::message::{
    FinishReason, Message, MessageStatus, PromptUse, ReplyFailure, Role, Usage,
};
use sea_orm::entity::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "messages")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub conversation_id: Uuid,
    pub user_id: Uuid,
    pub parent_id: Option<Uuid>,
    pub place_id: Option<Uuid>,
    pub depth: i32,
    pub is_chosen: bool,
    pub on_branch: bool,
    pub turn_id: Uuid,
    pub model: String,
    pub seq: i64,
    pub role: String,
    #[sea_orm(column_type = "Text")]
    pub content: String,
    #[sea_orm(column_type = "Text")]
    pub reasoning: String,
    pub status: String,
    pub finish_reason: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    pub token_count: Option<i32>,
    #[sea_orm(column_type = "Double", nullable)]
    pub temperature: Option<f64>,
    pub prompt_tokens: Option<i32>,
    pub completion_tokens: Option<i32>,
    pub cost_micro_usd: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub prompt_versions: String,
    pub answered_by: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub context: Option<String>,
    pub lease_owner: Option<Uuid>,
    pub lease_until: Option<i64>,
    pub cancel_requested: bool,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

/// A word of the domain (`complete`, `assistant`) as its column holds it.
pub fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// What a column of JSON holds.
pub fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A count as its column holds it.
pub fn count(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// What a word of a column means; `None`: a newer release wrote it.
pub fn read_word<T: DeserializeOwned>(word: String) -> Option<T> {
    serde_json::from_value(Value::String(word)).ok()
}

impl From<Model> for Message {
    /// Without what is attached to it, which stands in rows of its own.
    ///
    /// A word that a newer release may have written is read as the mildest that it could be, so that one odd row does not
    /// take a whole list with it.
    fn from(row: Model) -> Self {
        let usage =
            row.prompt_tokens.zip(row.completion_tokens).map(|(prompt, completion)| Usage {
                prompt_tokens: prompt.unsigned_abs(),
                completion_tokens: completion.unsigned_abs(),
                cost_micro_usd: row.cost_micro_usd,
            });
        let error: Option<ReplyFailure> =
            row.error.and_then(|error| serde_json::from_str(&error).ok());
        let prompt_versions: Vec<PromptUse> =
            serde_json::from_str(&row.prompt_versions).unwrap_or_default();
        Self {
            id: row.id.into(),
            conversation: row.conversation_id.into(),
            parent: row.parent_id.map(Into::into),
            place: row.place_id.unwrap_or(row.id).into(),
            depth: row.depth.unsigned_abs(),
            on_branch: row.on_branch,
            siblings: 1,
            turn: row.turn_id.into(),
            model: row.model,
            seq: row.seq,
            role: read_word(row.role).unwrap_or(Role::Assistant),
            content: row.content,
            reasoning: row.reasoning,
            attachments: Vec::new(),
            status: read_word(row.status).unwrap_or(MessageStatus::Interrupted),
            finish_reason: row.finish_reason.and_then(read_word::<FinishReason>),
            error,
            tokens: row.token_count.map(i32::unsigned_abs),
            temperature: row.temperature,
            usage,
            answered_by: row.answered_by,
            context: row.context.and_then(|context| serde_json::from_str(&context).ok()),
            prompt_versions,
            created_at: row.created_at,
        }
    }
}
