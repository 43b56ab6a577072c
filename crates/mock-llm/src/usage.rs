//! The token counts an answer reports.

use serde::{Deserialize, Serialize};

/// What is reported for the prompt unless the script says otherwise: a constant, since a
/// mock has no vocabulary to count with.
const PROMPT_TOKENS: u64 = 10;

/// How a compatible server gets the usage chunk wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UsageQuirk {
    /// `choices` is null in the usage chunk.
    ChoicesNull,
    /// `choices` is missing from the usage chunk.
    ChoicesMissing,
    /// Every chunk carries the usage so far, asked for or not.
    EveryChunk,
}

/// Token counts: those of the script, or else counted from its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Counts {
    pub prompt: u64,
    pub completion: u64,
}

impl Counts {
    pub(crate) fn counted(completion: usize) -> Self {
        Self { prompt: PROMPT_TOKENS, completion: completion as u64 }
    }
}
