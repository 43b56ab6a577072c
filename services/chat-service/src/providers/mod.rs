//! Model providers behind one trait. Who asks for a reply never knows which provider makes it.
//!
//! One file a provider: its wire format, its quirks, its errors. What formats have in common stands in `wire`. Nothing
//! here knows of conversations, databases or HTTP servers.

mod anthropic;
mod delta;
mod demo;
mod error;
mod google;
mod http;
mod model;
mod ollama;
mod openai;
mod openrouter;
mod request;
mod vendor;
mod wire;

use async_trait::async_trait;
use common::domain::load_job::LoadState;
use futures_util::stream::{BoxStream, TryStreamExt};
use secrecy::SecretString;

pub use anthropic::Anthropic;
pub use delta::{Completion, Delta, DeltaStream, TokenUsage, ToolCallDelta};
pub use demo::Demo;
pub use error::{ProviderError, ProviderErrorKind};
pub use google::Google;
pub use http::Http;
pub use model::{DiscoveredModel, KeyCheck, LoadProgress, LoadRequest, ModelState};
pub use ollama::Ollama;
pub use openai::OpenAi;
pub use openrouter::OpenRouter;
pub use request::{CompletionRequest, PromptMessage, PromptRole, ToolCall, Tools};
pub use vendor::{DEMO, VENDORS, Vendor};
pub use wire::ByteStream;

/// How a model is being made ready; it has ended well if the last piece says so.
pub type ProgressStream = BoxStream<'static, Result<LoadProgress, ProviderError>>;

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
        deltas.try_fold(Completion::default(), |whole, delta| async { Ok(whole.with(delta)) }).await
    }

    /// How many tokens a text is to a model: exact where the vocabulary is known, else a quarter of its bytes, rounded up,
    /// which for prose in Latin script is within a third of what vocabularies give, and for other scripts and code rather
    /// too many.
    fn count_tokens(&self, _model: &str, text: &str) -> u32 {
        estimate_tokens(text)
    }

    /// Whether a key is taken, asked of the provider once.
    async fn validate(&self, key: &SecretString) -> KeyCheck;

    /// How ready a model is.
    async fn status(&self, _model: &str) -> ModelState {
        ModelState::of(LoadState::Loaded)
    }

    /// Makes a model ready; `None` where a provider has nothing to load. Dropping the stream gives it up.
    fn load(&self, _request: LoadRequest) -> Option<ProgressStream> {
        None
    }

    /// The models that the provider has and no catalogue can know.
    ///
    /// # Errors
    /// The provider does not answer.
    async fn discover(&self) -> Result<Vec<DiscoveredModel>, ProviderError> {
        Ok(Vec::new())
    }
}

/// What an image costs at most, as far as its size can tell, in tokens: so much at Anthropic, where one costs a 750th of its
/// pixels and larger ones are made smaller first ("Vision"). OpenAI counts 85 and 170 for each tile of 512 pixels, which is 765
/// for a square ("Images and vision"); Google 258 for each tile of 768 ("Image understanding").
pub const TOKENS_PER_IMAGE: u32 = 1_600;

/// See [`Provider::count_tokens`].
pub fn estimate_tokens(text: &str) -> u32 {
    u32::try_from(text.len().div_ceil(4)).unwrap_or(u32::MAX)
}
