//! What a model is asked, in no provider's format.

use std::sync::Arc;

use common::domain::attachment::Image;
use common::domain::message::Role;
use secrecy::SecretString;
use serde_json::Value;

use super::TOKENS_PER_IMAGE;

/// What a model is asked.
#[derive(Debug, Clone, Default)]
pub struct CompletionRequest {
    /// What the provider calls the model.
    pub model: String,
    /// What has been said so far; the system text first.
    pub messages: Arc<[PromptMessage]>,
    /// How freely to answer; `None` also where the model takes no such parameter.
    pub temperature: Option<f64>,
    /// At most so many tokens of answer.
    pub max_tokens: Option<u32>,
    /// Texts before which the answer ends.
    pub stop: Vec<String>,
    /// How many tokens the model may read and write in all.
    pub context_length: u32,
    /// What the model may call.
    pub tools: Option<Tools>,
    /// The key to use.
    pub key: Option<SecretString>,
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptRole {
    /// The rules.
    System,
    /// A person.
    User,
    /// The model.
    Assistant,
    /// What a tool gave.
    Tool,
}

/// One message of what a model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptMessage {
    /// Who says it.
    pub role: PromptRole,
    /// What is said.
    pub content: String,
    /// What is shown with it.
    pub images: Vec<Image>,
    /// What the model wants to be called.
    pub tool_calls: Vec<ToolCall>,
    /// The call that a tool's message answers.
    pub tool_call_id: Option<String>,
}

/// A whole call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// What its answer refers to.
    pub id: String,
    /// Which tool.
    pub name: String,
    /// JSON, as the model wrote it.
    pub arguments: String,
}

/// What a model may call, as `tools` and `tool_choice` of OpenAI's chat completions have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tools {
    /// An array of `{type: "function", function: {name, description, parameters}}`.
    pub tools: Value,
    /// `auto`, `none`, `required`, or one tool; null if the request does not say.
    pub choice: Value,
}

impl CompletionRequest {
    /// Leaves out the older half of what was said before the last message, so that it begins with a person's; `false` if
    /// there is nothing to leave out.
    pub fn trim(&mut self) -> bool {
        let is_rule = |message: &&PromptMessage| message.role == PromptRole::System;
        let rules = self.messages.iter().take_while(is_rule).count();
        let Some((last, said)) = self.messages[rules..].split_last() else { return false };
        let kept = said[said.len().div_ceil(2)..]
            .iter()
            .skip_while(|message| message.role != PromptRole::User);
        let trimmed: Arc<[_]> =
            self.messages[..rules].iter().chain(kept).chain([last]).cloned().collect();
        let is_shorter = trimmed.len() < self.messages.len();
        self.messages = trimmed;
        is_shorter
    }
}

impl PromptMessage {
    /// A message of text alone.
    pub fn text(role: impl Into<PromptRole>, content: impl Into<String>) -> Self {
        Self {
            role: role.into(),
            content: content.into(),
            images: Vec::new(),
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }

    /// How many tokens it is, its images included, where `count` counts those of a text.
    pub fn tokens(&self, count: impl Fn(&str) -> u32) -> u32 {
        let images = u32::try_from(self.images.len()).unwrap_or(u32::MAX);
        count(&self.content).saturating_add(images.saturating_mul(TOKENS_PER_IMAGE))
    }
}

impl From<Role> for PromptRole {
    fn from(role: Role) -> Self {
        match role {
            Role::System => Self::System,
            Role::User => Self::User,
            Role::Assistant => Self::Assistant,
        }
    }
}
