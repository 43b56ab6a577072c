//! The token counts an answer reports.

use serde::{Deserialize, Serialize};

use crate::{Ask, Reply, Script};

/// What is reported for the prompt unless the script says otherwise: a constant, since a
/// mock has no vocabulary to count with.
const PROMPT_TOKENS: u64 = 10;

/// How a server gets the usage wrong. A wire that has no such way of its own tells it properly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UsageQuirk {
    /// `choices` is null in the usage chunk (OpenAI and its like).
    ChoicesNull,
    /// `choices` is missing from the usage chunk (OpenAI and its like).
    ChoicesMissing,
    /// Every chunk carries the usage so far, asked for or not (OpenAI and its like; Google always
    /// does it).
    EveryChunk,
    /// It comes twice, as totals both times (Anthropic: a second `message_delta`; OpenAI and its
    /// like: a second usage chunk).
    Twice,
    /// The count of the prompt is missing (Ollama, where the prompt was cached).
    WithoutPrompt,
}

/// The totals that a script sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Totals {
    pub prompt: u64,
    pub completion: u64,
}

/// Token counts: those of the script, or else counted from its tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Counts {
    /// The prompt, what was read from and written to the cache included.
    pub prompt: u64,
    /// The answer, reasoning included.
    pub completion: u64,
    pub cached: u64,
    pub cache_written: u64,
    pub reasoning: u64,
    /// In US dollars.
    pub cost: f64,
}

impl Counts {
    /// What `script` reports, or else what its answer to `ask` comes to.
    pub(crate) fn of(script: &Script, ask: &Ask) -> Self {
        let text = match &script.reply {
            Reply::Generated(count) => *count,
            reply => reply.tokens(ask.last_user()).len(),
        };
        let thought = script.reasoning.len() as u64;
        let counted = Totals { prompt: PROMPT_TOKENS, completion: text as u64 + thought };
        let Totals { prompt, completion } = script.usage.unwrap_or(counted);
        Self {
            prompt,
            completion,
            cached: script.cached_tokens,
            cache_written: script.cache_write_tokens,
            reasoning: script.reasoning_tokens.unwrap_or(thought),
            cost: script.cost,
        }
    }

    /// The counts when `tokens` tokens of the answer are out, of which reasoning comes first.
    pub(crate) fn so_far(self, tokens: u64) -> Self {
        let completion = tokens.min(self.completion);
        Self { completion, reasoning: self.reasoning.min(tokens), ..self }
    }
}
