//! What a person wants where a request does not say.

use crate::repositories::StoreError;

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
