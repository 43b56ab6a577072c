//! OpenAI's chat completions over SSE, and every server that speaks them (vLLM, llama.cpp, LM Studio, …).
//!
//! Source: OpenAI's API reference, "Create chat completion" and "Streaming". Fields, events and values that we do not
//! know are ignored, as the format's evolution asks; the quirks of compatible servers that are tolerated stand beside the
//! code that does so.

mod body;
mod calls;
mod chunks;
mod content;
mod errors;
mod vocabulary;

use async_trait::async_trait;
use reqwest::header::ACCEPT;
use reqwest::{RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::wire::{self, ByteStream, Framing};
use super::{CompletionRequest, DeltaStream, Http, KeyCheck, Provider, ProviderError};

use self::chunks::Chunks;
use self::errors::{is_about_usage, refusal};

/// A server that speaks OpenAI's chat completions.
pub struct OpenAi {
    http: Http,
    base_url: String,
}

impl OpenAi {
    /// The server at `base_url`, which ends in `/v1` as OpenAI's own SDKs have it.
    pub fn new(http: Http, base_url: &str) -> Self {
        Self { http, base_url: base_url.trim_end_matches('/').to_owned() }
    }

    /// Reads a stream of this format.
    pub fn read(bytes: ByteStream) -> DeltaStream {
        wire::read(bytes, Framing::Events, Chunks::default())
    }

    /// Whether a key is taken, by an endpoint that asks for one and does nothing.
    pub(super) async fn check(&self, path: &str, key: &SecretString) -> KeyCheck {
        let request = self.http.get(format!("{}{path}", self.base_url));
        wire::check_key(with_key(request, Some(key)), refusal).await
    }

    async fn call(
        &self,
        request: &CompletionRequest,
        body: &Value,
    ) -> Result<Response, (ProviderError, bool)> {
        let url = format!("{}/chat/completions", self.base_url);
        let call = self.http.post(url).header(ACCEPT, "text/event-stream").json(body);
        let mut about_usage = false;
        let refused = |refused: &wire::Refusal| {
            about_usage = is_about_usage(refused);
            refusal(refused)
        };
        let answer = wire::send(with_key(call, request.key.as_ref()), refused).await;
        answer.map_err(|error| (error, about_usage))
    }
}

#[async_trait]
impl Provider for OpenAi {
    async fn stream(&self, request: CompletionRequest) -> Result<DeltaStream, ProviderError> {
        let mut body = body::body(&request);
        let response = match self.call(&request, &body).await {
            // Some compatible servers refuse what they do not know; then it goes without.
            Err((_, true)) => {
                body::without_usage(&mut body);
                self.call(&request, &body).await.map_err(|(error, _)| error)?
            }
            answer => answer.map_err(|(error, _)| error)?,
        };
        wire::deltas(response, Framing::Events, Chunks::default()).await
    }

    fn count_tokens(&self, model: &str, text: &str) -> u32 {
        vocabulary::count(model, text)
    }

    async fn validate(&self, key: &SecretString) -> KeyCheck {
        self.check("/models", key).await
    }
}

fn with_key(request: RequestBuilder, key: Option<&SecretString>) -> RequestBuilder {
    match key {
        Some(key) => request.bearer_auth(key.expose_secret()),
        None => request,
    }
}
