//! What a model is asked outside of any reply: a summary, a title, a name.

use super::message::{MessageError, ReplyFailure};
use crate::repositories::StoreError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nothing was said yet that the model could be asked about.
    #[error("nothing was said yet")]
    NothingSaid,
    /// All that was said is summarised already.
    #[error("nothing to summarise")]
    NothingToSummarize,
    /// The model failed.
    #[error("the model failed: {}", .0.code)]
    Failed(ReplyFailure),
    /// It cannot be asked, for a reason for which a send would be refused too.
    #[error(transparent)]
    Refused(#[from] MessageError),
}

impl AskError {
    /// Whether asking again later may help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::NothingSaid | Self::NothingToSummarize => false,
            Self::Failed(failure) => failure.retryable,
            Self::Refused(error) => matches!(
                error,
                MessageError::KeyUnavailable(_) | MessageError::Store(_) | MessageError::Draining
            ),
        }
    }
}

impl From<StoreError> for AskError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}
