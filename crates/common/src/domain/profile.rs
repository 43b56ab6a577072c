//! What a person sees of themselves: the account, and what chat-service keeps of it.

use crate::domain::preferences::{KeyStatuses, PreferenceChanges, Preferences};
use crate::domain::user::{User, UserError};

/// A person's profile.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The account.
    pub user: User,
    /// What chat-service keeps.
    pub settings: ProfileSettings,
}

/// The part of a profile that is chat-service's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProfileSettings {
    /// What the person wants where a request does not say.
    pub preferences: Preferences,
    /// Which keys the person has.
    pub keys: KeyStatuses,
}

/// What to change; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ProfileChanges {
    /// Another name, or none at all.
    pub display_name: Option<Option<String>>,
    /// Other preferences.
    pub preferences: Option<PreferenceChanges>,
}

/// What can go wrong with a profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The catalogue has no such model.
    #[error("no such model")]
    UnknownModel {
        /// The id that was asked for.
        model: String,
    },
    /// The account is gone, as far as chat-service knows.
    #[error("no such account")]
    NotFound,
    /// chat-service does not answer.
    #[error("chat-service does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The account's own trouble.
    #[error(transparent)]
    User(#[from] UserError),
}
