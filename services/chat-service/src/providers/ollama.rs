//! Ollama's own API: chats as lines of JSON, and the models of a machine, which are fetched and loaded on request.
//!
//! Source: Ollama's `docs/api.md`. Its copies of other formats are not used: they know neither the length of the context,
//! which is cut silently where nobody says it, nor what is being loaded.

mod body;
mod chat;
mod errors;
mod loading;
mod models;

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt};
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};

use super::wire::{self, ByteStream, Framing};
use super::{
    CompletionRequest, DeltaStream, DiscoveredModel, Http, KeyCheck, LoadRequest, ModelState,
    ProgressStream, Provider, ProviderError, estimate_tokens,
};

use self::chat::Chat;
use self::errors::refusal;
use self::loading::Loading;

/// An Ollama server.
#[derive(Clone)]
pub struct Ollama {
    http: Http,
    base_url: String,
}

impl Ollama {
    /// The server at `base_url`, which is the bare host as Ollama's own SDKs have it.
    pub fn new(http: Http, base_url: &str) -> Self {
        Self { http, base_url: base_url.trim_end_matches('/').to_owned() }
    }

    /// Reads a stream of this format.
    pub fn read(bytes: ByteStream) -> DeltaStream {
        wire::read(bytes, Framing::Lines, Chat::default())
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.base_url))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.base_url))
    }
}

#[async_trait]
impl Provider for Ollama {
    async fn stream(&self, request: CompletionRequest) -> Result<DeltaStream, ProviderError> {
        let call = self.post("/api/chat").json(&body::body(&request));
        let response = wire::send(with_key(call, request.key.as_ref()), refusal).await?;
        let prompt = request.messages.iter().map(|message| estimate_tokens(&message.content)).sum();
        wire::deltas(response, Framing::Lines, Chat::after(prompt)).await
    }

    async fn validate(&self, key: &SecretString) -> KeyCheck {
        wire::check_key(with_key(self.get("/api/tags"), Some(key)), refusal).await
    }

    async fn status(&self, model: &str) -> ModelState {
        self.state_of(model).await
    }

    fn load(&self, request: LoadRequest) -> Option<ProgressStream> {
        let loading = Loading::new(self.clone(), request);
        Some(stream::try_unfold(loading, Loading::next).boxed())
    }

    async fn discover(&self) -> Result<Vec<DiscoveredModel>, ProviderError> {
        self.all_models().await
    }
}

/// Ollama asks for none; what stands before it may.
fn with_key(request: RequestBuilder, key: Option<&SecretString>) -> RequestBuilder {
    match key {
        Some(key) => request.bearer_auth(key.expose_secret()),
        None => request,
    }
}
