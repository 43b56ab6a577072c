//! Model providers behind one trait. Who asks for a reply never knows which provider makes it.
//!
//! One file a provider: its wire format, its quirks, its errors. Nothing here knows of conversations, databases or HTTP
//! servers.

mod demo;
mod error;
mod openai;
mod sse;

use async_trait::async_trait;
use common::domain::message::{FinishReason, Role};
use futures_util::stream::{BoxStream, TryStreamExt};
use secrecy::SecretString;

pub use demo::Demo;
pub use error::{ProviderError, ProviderErrorKind};
pub use openai::OpenAi;

/// What a model is asked.
#[derive(Debug, Clone)]
pub struct CompletionRequest {
    /// What the provider calls the model.
    pub model: String,
    /// What has been said so far; the system text first.
    pub messages: Vec<PromptMessage>,
    /// How freely to answer.
    pub temperature: Option<f64>,
    /// At most so many tokens of answer.
    pub max_tokens: Option<u32>,
    /// The key to use.
    pub key: Option<SecretString>,
}

/// One message of what a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// More text.
    Text(String),
    /// More of what the model thinks.
    Reasoning(String),
    /// What the answer took; the last one counts.
    Usage(TokenUsage),
    /// Why the model stopped.
    Finish(FinishReason),
}

/// Tokens as the provider counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenUsage {
    /// Read.
    pub prompt: u32,
    /// Written.
    pub completion: u32,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Completion {
    /// The text.
    pub text: String,
    /// Why the model stopped.
    pub finish_reason: Option<FinishReason>,
    /// What it took.
    pub usage: Option<TokenUsage>,
}

/// The pieces of an answer as they come. It ends well only if the provider has said that the answer is whole; dropping it
/// ends the call.
pub type DeltaStream = BoxStream<'static, Result<Delta, ProviderError>>;

/// A provider of models.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Asks a model, and gives its answer piece by piece.
    ///
    /// # Errors
    /// The provider refused, or could not be reached; a failure in the middle of an answer comes in the stream.
    async fn stream(&self, request: CompletionRequest) -> Result<DeltaStream, ProviderError>;

    /// Asks a model, and gives its whole answer.
    ///
    /// # Errors
    /// As [`stream`](Self::stream), at any point of the answer.
    async fn complete(&self, request: CompletionRequest) -> Result<Completion, ProviderError> {
        let deltas = self.stream(request).await?;
        deltas
            .try_fold(Completion::default(), |mut whole, delta| async move {
                match delta {
                    Delta::Text(text) => whole.text.push_str(&text),
                    Delta::Reasoning(_) => {}
                    Delta::Usage(usage) => whole.usage = Some(usage),
                    Delta::Finish(reason) => whole.finish_reason = Some(reason),
                }
                Ok(whole)
            })
            .await
    }

    /// About how many tokens a text is: a quarter of its bytes, rounded up, which for prose in Latin script is within a
    /// third of what vocabularies give, and for other scripts and code rather too many.
    fn count_tokens(&self, text: &str) -> u32 {
        estimate_tokens(text)
    }
}

/// See [`Provider::count_tokens`].
pub fn estimate_tokens(text: &str) -> u32 {
    u32::try_from(text.len().div_ceil(4)).unwrap_or(u32::MAX)
}
