//! Anthropic's Messages over SSE with named events.
//!
//! Source: Anthropic's API reference, "Messages", "Streaming messages" and "Errors". Events, blocks and values that we do
//! not know are skipped, as the format's contract asks.

mod blocks;
mod body;
mod errors;
mod events;

use async_trait::async_trait;
use reqwest::RequestBuilder;
use reqwest::header::ACCEPT;
use secrecy::SecretString;

use super::wire::{self, ByteStream, Framing};
use super::{CompletionRequest, DeltaStream, Http, KeyCheck, Provider, ProviderError};

use self::errors::refusal;
use self::events::Events;

const VERSION: &str = "2023-06-01";

/// Anthropic.
pub struct Anthropic {
    http: Http,
    base_url: String,
}

impl Anthropic {
    /// The server at `base_url`, which is the bare host as Anthropic's own SDKs have it.
    pub fn new(http: Http, base_url: &str) -> Self {
        Self { http, base_url: base_url.trim_end_matches('/').to_owned() }
    }

    /// Reads a stream of this format.
    pub fn read(bytes: ByteStream) -> DeltaStream {
        wire::read(bytes, Framing::Events, Events::default())
    }

    fn with_headers(request: RequestBuilder, key: Option<&SecretString>) -> RequestBuilder {
        wire::with_key(request, "x-api-key", key).header("anthropic-version", VERSION)
    }
}

#[async_trait]
impl Provider for Anthropic {
    async fn stream(&self, request: CompletionRequest) -> Result<DeltaStream, ProviderError> {
        let call = self
            .http
            .post(format!("{}/v1/messages", self.base_url))
            .header(ACCEPT, "text/event-stream")
            .json(&body::body(&request));
        let response = wire::send(Self::with_headers(call, request.key.as_ref()), refusal).await?;
        wire::deltas(response, Framing::Events, Events::default()).await
    }

    async fn validate(&self, key: &SecretString) -> KeyCheck {
        let request = self.http.get(format!("{}/v1/models?limit=1", self.base_url));
        wire::check_key(Self::with_headers(request, Some(key)), refusal).await
    }
}
