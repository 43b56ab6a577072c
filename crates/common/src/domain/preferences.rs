//! What a person wants where a request does not say.

use std::collections::BTreeMap;
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatuses(BTreeMap<KeyName, KeyStatus>);

impl KeyStatuses {
    /// Each provider's, in some other form.
    pub fn map<T: From<KeyStatus>>(self) -> BTreeMap<KeyName, T> {
        self.0.into_iter().map(|(name, status)| (name, status.into())).collect()
    }
}

impl Default for KeyStatuses {
    fn default() -> Self {
        Self(KeyName::ALL.iter().map(|name| (*name, KeyStatus::default())).collect())
    }
}

/// For a provider that is not named there is no key.
impl FromIterator<(KeyName, KeyStatus)> for KeyStatuses {
    fn from_iter<I: IntoIterator<Item = (KeyName, KeyStatus)>>(known: I) -> Self {
        let mut all = Self::default();
        all.0.extend(known);
        all
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
