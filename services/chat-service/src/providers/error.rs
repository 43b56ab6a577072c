//! What can go wrong with a provider, told apart by what can be done about it.

use std::time::Duration;

use common::ErrorCode;
use common::domain::message::ReplyFailure;

/// A provider's failure. Never carries what the provider wrote, which may hold a key or somebody else's text.
#[derive(Debug, thiserror::Error)]
#[error("{kind:?}{}", .cause.as_deref().map(|cause| format!(": {cause}")).unwrap_or_default())]
pub struct ProviderError {
    /// What it means.
    pub kind: ProviderErrorKind,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
    cause: Option<String>,
}

/// What a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderErrorKind {
    /// Too many requests; later will do.
    RateLimited,
    /// Nothing is left to spend; later will not do.
    QuotaExhausted,
    /// It has too much to do.
    Overloaded,
    /// It failed too often of late, and was not asked.
    LeftAlone,
    /// It does not take the key.
    AuthFailed,
    /// More than the model can read.
    ContextTooLong,
    /// It does not understand what it was asked.
    BadRequest,
    /// It does not want to answer that.
    ContentFiltered,
    /// The model is not there, and must be fetched first.
    NotLoaded,
    /// It failed.
    Failed,
    /// It could not be reached.
    Unreachable,
    /// It did not answer in time.
    TimedOut,
    /// The answer stopped before its end.
    Truncated,
    /// What it answered is no answer.
    Protocol,
}

impl ProviderError {
    /// A failure.
    pub fn new(kind: ProviderErrorKind) -> Self {
        Self { kind, retry_after: None, cause: None }
    }

    /// With how long the provider asks to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// With what caused it, for the log. Must hold neither an address nor what the provider wrote.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

impl From<&ProviderError> for ReplyFailure {
    fn from(error: &ProviderError) -> Self {
        let kind = error.kind;
        let failure = Self::new(kind.code(), kind.message(), kind.is_retryable());
        Self { retry_after: error.retry_after.map(|wait| wait.as_secs().max(1)), ..failure }
    }
}

impl ProviderErrorKind {
    /// The API's code for it.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::RateLimited | Self::QuotaExhausted => ErrorCode::ProviderRateLimited,
            Self::Overloaded | Self::LeftAlone => ErrorCode::ProviderOverloaded,
            Self::AuthFailed => ErrorCode::ProviderAuthFailed,
            Self::ContextTooLong => ErrorCode::ContextTooLong,
            Self::NotLoaded => ErrorCode::ModelNotLoaded,
            Self::BadRequest | Self::ContentFiltered | Self::Failed | Self::Unreachable => {
                ErrorCode::ProviderError
            }
            Self::TimedOut => ErrorCode::ProviderTimeout,
            Self::Truncated => ErrorCode::ProviderTruncated,
            Self::Protocol => ErrorCode::ProviderProtocol,
        }
    }

    /// What a person is told.
    pub fn message(self) -> &'static str {
        match self {
            Self::RateLimited => {
                "The model's provider takes no more requests just now. Try again in a moment."
            }
            Self::QuotaExhausted => {
                "The quota at the model's provider is used up. Ask the operator, or use another model."
            }
            Self::Overloaded => "The model's provider has too much to do. Try again in a moment.",
            Self::LeftAlone => {
                "The model's provider keeps failing, and is left alone for a moment. Try again then, or use another model."
            }
            Self::AuthFailed => {
                "The model's provider does not take the key. Check your own in your profile, or ask the operator."
            }
            Self::ContextTooLong => {
                "The conversation is longer than the model can read. Shorten the message, or use another model."
            }
            Self::BadRequest => {
                "The model's provider does not take this request. Try another model."
            }
            Self::ContentFiltered => {
                "The model's provider does not want to answer that. Put it in other words."
            }
            Self::NotLoaded => {
                "The model is not on its server yet. Have it fetched with `POST /models/{id}/load`, or use another model."
            }
            Self::Failed => "The model's provider failed. Try again.",
            Self::Unreachable => "The model's provider cannot be reached. Try again in a moment.",
            Self::TimedOut => "The model's provider did not answer in time. Try again.",
            Self::Truncated => {
                "The reply broke off before its end. What had come is kept; try again."
            }
            Self::Protocol => {
                "The model's provider sent something that is no reply. Try again, or use another model."
            }
        }
    }

    /// Whether asking again may help.
    pub fn is_retryable(self) -> bool {
        match self {
            Self::RateLimited
            | Self::Overloaded
            | Self::LeftAlone
            | Self::Failed
            | Self::Unreachable
            | Self::TimedOut
            | Self::Truncated
            | Self::Protocol => true,
            Self::QuotaExhausted
            | Self::AuthFailed
            | Self::ContextTooLong
            | Self::BadRequest
            | Self::ContentFiltered
            | Self::NotLoaded => false,
        }
    }

    /// How often to ask again where nothing was shown yet.
    pub fn retries(self) -> u32 {
        match self {
            Self::RateLimited | Self::Overloaded | Self::Failed | Self::TimedOut => 2,
            Self::Unreachable | Self::Truncated => 1,
            Self::QuotaExhausted
            | Self::AuthFailed
            | Self::ContextTooLong
            | Self::BadRequest
            | Self::ContentFiltered
            | Self::NotLoaded
            | Self::LeftAlone
            | Self::Protocol => 0,
        }
    }

    /// Whether another model may do better: it is not what was asked that is wrong.
    pub fn is_the_models_own(self) -> bool {
        !matches!(self, Self::ContextTooLong | Self::BadRequest | Self::ContentFiltered)
    }

    /// Whether the provider is to be left alone if that happens too often.
    pub fn is_the_providers_fault(self) -> bool {
        matches!(
            self,
            Self::Overloaded
                | Self::Failed
                | Self::Unreachable
                | Self::TimedOut
                | Self::Truncated
                | Self::Protocol
        )
    }

    /// Whether the provider said that something is wrong, rather than just stopped.
    pub fn is_named(self) -> bool {
        !matches!(self, Self::Truncated | Self::TimedOut | Self::Unreachable)
    }
}
