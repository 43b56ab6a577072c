//! Keys of people's own for model providers. What is stored of one is sealed; it is opened for a call and never shown again.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::repositories::StoreError;
use crate::{ApiKeyId, DataKeyId, EventId, UserId};

/// A shorter key is no longer one if its end is shown.
const SHOWN_FROM: usize = 16;

macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($(#[$word_doc:meta])* $name:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum $type {
            $($(#[$word_doc])* $name,)+
        }

        impl $type {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// What they are called.
            pub const NAMES: &[&str] = &[$($text,)+];

            /// Its name, on the wire and at rest.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The one of a name, if there is one.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }
    };
}

words! {
    /// What a key is for: a provider, as people know it.
    KeyName {
        /// Anthropic.
        Claude = "claude",
        /// OpenAI.
        Openai = "openai",
        /// Google.
        Google = "google",
        /// OpenRouter.
        Openrouter = "openrouter",
        /// Groq.
        Groq = "groq",
    }
}

words! {
    /// What happened to a key.
    KeyEventKind {
        /// It was stored, perhaps in the place of another.
        Stored = "stored",
        /// It was deleted.
        Deleted = "deleted",
        /// It was opened for a call.
        Used = "used",
        /// It was to be opened, and what is stored is not what was sealed.
        Unreadable = "unreadable",
    }
}

/// A person's own key, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose it is.
    pub owner: UserId,
    /// What it is for.
    pub name: KeyName,
    /// Under which key it is sealed.
    pub data_key: DataKeyId,
    /// The key, sealed for its owner, its name and its id.
    pub sealed: Vec<u8>,
    /// Its end, by which its owner knows it again.
    pub last_four: Option<String>,
    /// Whether the provider took it when it was stored; else it could not be asked.
    pub is_verified: bool,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used: Option<DateTime<Utc>>,
}

/// Something that happened to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEvent {
    /// Its id.
    pub id: EventId,
    /// Whose key.
    pub owner: UserId,
    /// Which.
    pub name: KeyName,
    /// What.
    pub kind: KeyEventKind,
    /// When.
    pub at: DateTime<Utc>,
}

/// A change of somebody's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChange {
    /// What to remember of it; tells which key it is.
    pub event: KeyEvent,
    /// What takes the place of the one that there is; `None`: nothing does.
    pub key: Option<ApiKey>,
}

/// A key that was opened, or was to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// Which one.
    pub key: ApiKeyId,
    /// What to remember of it.
    pub event: KeyEvent,
}

/// What a provider said of a key that was to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It takes it.
    Works,
    /// It does not; the key was not stored.
    Rejected,
    /// It could not be asked.
    Unknown,
}

/// What came of changing keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdatedKeys {
    /// Those that now are as was asked.
    pub updated: Vec<KeyName>,
    /// What the providers said of new ones.
    pub verdicts: Vec<(KeyName, Verdict)>,
}

/// What can go wrong with keys.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// There is none.
    #[error("no such key")]
    NotFound,
    /// The account that it would belong to is gone.
    #[error("no such user")]
    OwnerGone,
    /// What is stored is not what was sealed for its owner, or its wrapping key is gone.
    #[error("the key cannot be opened")]
    Unreadable,
    /// Who keeps the wrapping keys does not answer.
    #[error("the wrapping key cannot be had")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database failed.
    #[error("keys could not be read or written")]
    Store(#[from] StoreError),
    /// Anything else that should not happen.
    #[error("a key's operation failed")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What may be shown of a key: its end, unless that is too much of it.
pub fn last_four(key: &SecretString) -> Option<String> {
    let key = key.expose_secret();
    let end = key.char_indices().rev().nth(3).map(|(at, _)| &key[at..]);
    end.filter(|_| key.chars().count() >= SHOWN_FROM).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for name in KeyName::ALL {
            assert_eq!(KeyName::parse(name.as_str()), Some(*name));
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
        }
        for kind in KeyEventKind::ALL {
            assert_eq!(KeyEventKind::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(KeyName::parse("Claude"), None);
    }

    #[test]
    fn no_more_than_the_end_of_a_long_key_is_shown() {
        let shown = |key: &str| last_four(&key.into());
        assert_eq!(shown("sk-0123456789abcd"), Some("abcd".to_owned()));
        assert_eq!(shown("0123456789abcde"), None);
        assert_eq!((shown("abcd"), shown("")), (None, None));
    }
}
