//! An answer in one piece.

use chrono::{DateTime, Utc};
use common::CompletionId;
use common::domain::message::FinishReason;
use common::domain::usage::Tokens;
use serde::Serialize;
use utoipa::ToSchema;

use super::{CompletionFunction, CompletionRole, CompletionToolCall, CompletionToolType};
use crate::generation::Whole;
use crate::providers::{Completion, ToolCall};

#[derive(Debug, Serialize, ToSchema)]
pub struct CompletionResponse {
    id: String,
    /// `chat.completion`.
    object: &'static str,
    /// Seconds since 1970.
    created: i64,
    /// The model that has answered, which may be another that stood in.
    model: String,
    choices: [CompletionChoice; 1],
    usage: CompletionUsage,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CompletionChoice {
    /// 0.
    index: u32,
    message: CompletionAnswer,
    finish_reason: CompletionFinish,
    /// Always null.
    #[schema(value_type = Option<Object>)]
    logprobs: (),
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CompletionAnswer {
    role: CompletionRole,
    /// Null where there is none.
    #[schema(required)]
    content: Option<String>,
    /// Always null.
    #[schema(value_type = Option<String>)]
    refusal: (),
    /// What the model thought, where it shows that.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    /// What the model wants to be called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<CompletionToolCall>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompletionFinish {
    Stop,
    Length,
    ContentFilter,
    ToolCalls,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct CompletionUsage {
    prompt_tokens: u32,
    completion_tokens: u32,
    total_tokens: u32,
    prompt_tokens_details: CompletionPromptTokens,
    completion_tokens_details: CompletionAnswerTokens,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct CompletionPromptTokens {
    cached_tokens: u32,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct CompletionAnswerTokens {
    reasoning_tokens: u32,
}

impl CompletionResponse {
    pub fn new(id: CompletionId, at: DateTime<Utc>, whole: Whole) -> Self {
        let Whole { model, completion, end } = whole;
        Self {
            id: name(id),
            object: "chat.completion",
            created: at.timestamp(),
            model,
            choices: [CompletionChoice {
                index: 0,
                message: completion.into(),
                finish_reason: end.finish_reason.into(),
                logprobs: (),
            }],
            usage: end.tokens.into(),
        }
    }
}

/// What a completion is called on the wire.
pub(super) fn name(id: CompletionId) -> String {
    format!("chatcmpl-{}", id.uuid().simple())
}

impl From<Completion> for CompletionAnswer {
    fn from(whole: Completion) -> Self {
        let Completion { text, reasoning, tool_calls, .. } = whole;
        let is_empty = text.is_empty() && !tool_calls.is_empty();
        Self {
            role: CompletionRole::Assistant,
            content: (!is_empty).then_some(text),
            refusal: (),
            reasoning_content: Some(reasoning).filter(|text| !text.is_empty()),
            tool_calls: tool_calls.into_iter().map(CompletionToolCall::from).collect(),
        }
    }
}

impl From<ToolCall> for CompletionToolCall {
    fn from(ToolCall { id, name, arguments }: ToolCall) -> Self {
        let function = CompletionFunction { name, arguments };
        Self { id, kind: CompletionToolType::Function, function }
    }
}

impl From<FinishReason> for CompletionFinish {
    fn from(reason: FinishReason) -> Self {
        match reason {
            FinishReason::Length => Self::Length,
            FinishReason::ContentFilter => Self::ContentFilter,
            FinishReason::ToolCalls => Self::ToolCalls,
            // What is whole was neither cancelled nor did it fail.
            FinishReason::Stop | FinishReason::Cancelled | FinishReason::Error => Self::Stop,
        }
    }
}

impl From<Tokens> for CompletionUsage {
    fn from(tokens: Tokens) -> Self {
        Self {
            prompt_tokens: tokens.prompt(),
            completion_tokens: tokens.completion(),
            total_tokens: tokens.prompt().saturating_add(tokens.completion()),
            prompt_tokens_details: CompletionPromptTokens { cached_tokens: tokens.cache_read },
            completion_tokens_details: CompletionAnswerTokens {
                reasoning_tokens: tokens.reasoning,
            },
        }
    }
}
