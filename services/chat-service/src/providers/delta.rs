//! What a model answers, in no provider's format.

use common::domain::message::FinishReason;
use common::domain::usage::Tokens;
use futures_util::stream::BoxStream;

use super::{ProviderError, ToolCall};

/// The pieces of an answer as they come. It ends well only if the provider has said that the answer is whole; dropping it
/// ends the call.
pub type DeltaStream = BoxStream<'static, Result<Delta, ProviderError>>;

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// More text.
    Text(String),
    /// More of what the model thinks.
    Reasoning(String),
    /// More of a call of a tool.
    ToolCall(ToolCallDelta),
    /// What the answer took so far; the last one counts.
    Usage(TokenUsage),
    /// Why the model stopped; the last one counts.
    Finish(FinishReason),
}

/// A piece of a call of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToolCallDelta {
    /// Which of the answer's calls, from 0.
    pub index: u32,
    /// What its answer refers to; in its first piece.
    pub id: Option<String>,
    /// Which tool; in its first piece.
    pub name: Option<String>,
    /// More of its arguments, as JSON text.
    pub arguments: String,
}

/// What an answer took, as the provider counts. Tokens that it does not tell apart are in the class that is not special.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenUsage {
    /// How many tokens.
    pub tokens: Tokens,
    /// What the provider says that they cost, in millionths of a US dollar.
    pub cost_micro_usd: Option<i64>,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Completion {
    /// The text.
    pub text: String,
    /// What the model thought.
    pub reasoning: String,
    /// What the model wants to be called.
    pub tool_calls: Vec<ToolCall>,
    /// Why the model stopped.
    pub finish_reason: Option<FinishReason>,
    /// What it took.
    pub usage: Option<TokenUsage>,
}

impl From<Tokens> for TokenUsage {
    fn from(tokens: Tokens) -> Self {
        Self { tokens, cost_micro_usd: None }
    }
}

impl Completion {
    /// The answer with one piece more.
    #[must_use]
    pub fn with(mut self, delta: Delta) -> Self {
        match delta {
            Delta::Text(text) => self.text.push_str(&text),
            Delta::Reasoning(text) => self.reasoning.push_str(&text),
            Delta::ToolCall(more) => self.add(more),
            Delta::Usage(usage) => self.usage = Some(usage),
            Delta::Finish(reason) => self.finish_reason = Some(reason),
        }
        self
    }

    fn add(&mut self, more: ToolCallDelta) {
        let index = usize::try_from(more.index).unwrap_or(usize::MAX).min(self.tool_calls.len());
        if index == self.tool_calls.len() {
            let (id, name) = (String::new(), String::new());
            self.tool_calls.push(ToolCall { id, name, arguments: String::new() });
        }
        let call = &mut self.tool_calls[index];
        call.id.extend(more.id.filter(|_| call.id.is_empty()));
        call.name.extend(more.name.filter(|_| call.name.is_empty()));
        call.arguments.push_str(&more.arguments);
    }
}
