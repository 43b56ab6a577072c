//! Google's Gemini: `streamGenerateContent` over SSE.
//!
//! Source: Google's Gemini API reference, "Generating content", "Function calling" and "Troubleshooting". The key goes in a
//! header: an address lands in logs.

mod body;
mod chunks;
mod errors;

use async_trait::async_trait;
use reqwest::header::ACCEPT;
use secrecy::SecretString;

use super::wire::{self, ByteStream, Framing};
use super::{
    CompletionRequest, DeltaStream, Http, KeyCheck, Provider, ProviderError, ProviderErrorKind,
};

use self::chunks::Chunks;
use self::errors::refusal;

const KEY: &str = "x-goog-api-key";

/// Google.
pub struct Google {
    http: Http,
    base_url: String,
}

impl Google {
    /// The server at `base_url`, which is the bare host as Google's own SDKs have it.
    pub fn new(http: Http, base_url: &str) -> Self {
        Self { http, base_url: base_url.trim_end_matches('/').to_owned() }
    }

    /// Reads a stream of this format.
    pub fn read(bytes: ByteStream) -> DeltaStream {
        wire::read(bytes, Framing::Events, Chunks::default())
    }
}

#[async_trait]
impl Provider for Google {
    async fn stream(&self, request: CompletionRequest) -> Result<DeltaStream, ProviderError> {
        let (base_url, model) = (&self.base_url, name(&request.model)?);
        let call = self
            .http
            .post(format!("{base_url}/v1beta/models/{model}:streamGenerateContent?alt=sse"))
            .header(ACCEPT, "text/event-stream")
            .json(&body::body(&request));
        let response = wire::send(wire::with_key(call, KEY, request.key.as_ref()), refusal).await?;
        wire::deltas(response, Framing::Events, Chunks::default()).await
    }

    async fn validate(&self, key: &SecretString) -> KeyCheck {
        let request = self.http.get(format!("{}/v1beta/models?pageSize=1", self.base_url));
        wire::check_key(wire::with_key(request, KEY, Some(key)), refusal).await
    }
}

/// A model's name, which goes into an address, if it is nothing but a name.
fn name(model: &str) -> Result<&str, ProviderError> {
    let name = model.strip_prefix("models/").unwrap_or(model);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.bytes().all(is_plain) && name.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(name);
    }
    Err(ProviderError::new(ProviderErrorKind::BadRequest).because("not the name of a model"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_gets_into_an_address() {
        assert_eq!(name("gemini-2.5-flash").unwrap(), "gemini-2.5-flash");
        assert_eq!(name("models/gemini-2.5-flash").unwrap(), "gemini-2.5-flash");
        for name_of_no_model in [
            "",
            ".",
            "..",
            "a/b",
            "../x",
            "a\r\nb: c",
            "a?b",
            "a#b",
            "a%2Fb",
            "a:b",
            "a b",
            "models/",
            "ä",
        ] {
            assert!(name(name_of_no_model).is_err(), "{name_of_no_model}");
        }
    }
}
