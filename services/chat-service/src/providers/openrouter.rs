//! OpenRouter: OpenAI's chat completions with comments while it waits, errors in the stream, and what it cost.
//!
//! Source: OpenRouter's documentation, "API Reference" and "Errors". All that differs on the wire is tolerated, or read, where
//! chunks are read; only a key is asked about elsewhere, since its list of models is for everybody.

use async_trait::async_trait;
use secrecy::SecretString;

use super::{CompletionRequest, DeltaStream, Http, KeyCheck, OpenAi, Provider, ProviderError};

/// OpenRouter.
pub struct OpenRouter(OpenAi);

impl OpenRouter {
    /// The server at `base_url`, which ends in `/api/v1`.
    pub fn new(http: Http, base_url: &str) -> Self {
        Self(OpenAi::new(http, base_url))
    }
}

#[async_trait]
impl Provider for OpenRouter {
    async fn stream(&self, request: CompletionRequest) -> Result<DeltaStream, ProviderError> {
        self.0.stream(request).await
    }

    /// It names models by their makers.
    fn count_tokens(&self, model: &str, text: &str) -> u32 {
        self.0.count_tokens(model.strip_prefix("openai/").unwrap_or(model), text)
    }

    async fn validate(&self, key: &SecretString) -> KeyCheck {
        self.0.check("/key", key).await
    }
}
