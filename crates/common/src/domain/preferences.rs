//! What a person wants where a request does not say.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};

use crate::domain::api_key::KeyName;
use crate::repositories::StoreError;

/// How many characters the id of a default model has.
pub const MODEL_CHARACTERS: RangeInclusive<usize> = 1..=100;
/// Which temperatures are ones.
pub const TEMPERATURES: RangeInclusive<f64> = 0.0..=2.0;
/// How many characters a system prompt has.
pub const PROMPT_CHARACTERS: RangeInclusive<usize> = 0..=100_000;

/// A person's preferences; whoever never set any has none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preferences {
    /// Who answers in a new conversation (catalogue id).
    pub default_model: Option<String>,
    /// How freely to answer.
    pub default_temperature: Option<f64>,
    /// What a new conversation tells its model before anything else.
    pub system_prompt: Option<String>,
}

/// What to change; what is `None` stays, `Some(None)` clears.
#[derive(Debug, Clone, Default)]
pub struct PreferenceChanges {
    /// Another model, or the service's default again.
    pub default_model: Option<Option<String>>,
    /// Another temperature, or the service's default again.
    pub default_temperature: Option<Option<f64>>,
    /// Another system prompt, or none at all.
    pub system_prompt: Option<Option<String>>,
}

/// Whether a person has a key of one's own for a provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyStatus {
    /// Whether there is one.
    pub configured: bool,
    /// When it was last used.
    pub last_used: Option<DateTime<Utc>>,
}

/// That, for each provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it themselves")]
pub struct KeyStatuses {
    pub claude: KeyStatus,
    pub openai: KeyStatus,
    pub google: KeyStatus,
    pub openrouter: KeyStatus,
}

impl KeyStatuses {
    /// That of one provider.
    pub fn of(&mut self, name: KeyName) -> &mut KeyStatus {
        match name {
            KeyName::Claude => &mut self.claude,
            KeyName::Openai => &mut self.openai,
            KeyName::Google => &mut self.google,
            KeyName::Openrouter => &mut self.openrouter,
        }
    }
}

/// What can go wrong with preferences.
#[derive(Debug, thiserror::Error)]
pub enum PreferenceError {
    /// The account that they would belong to is gone.
    #[error("no such user")]
    NotFound,
    /// The catalogue has no such model.
    #[error("no such model")]
    UnknownModel {
        /// The id that was asked for.
        model: String,
    },
    /// The database failed.
    #[error("preferences could not be read or written")]
    Store(#[from] StoreError),
}
