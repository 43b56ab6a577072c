//! What a wire has understood of a request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;

/// A request, in no provider's format.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// The model, as the request names it.
    pub model: String,
    /// The messages in their order: role, in the provider's own words, and text. A system
    /// prompt that stands elsewhere comes first, as `system`; content in parts is the text of
    /// the parts, joined.
    pub messages: Vec<(String, String)>,
    /// The images in the messages, in their order.
    #[serde(skip)]
    pub images: Vec<Image>,
    /// The names of the tools that may be called.
    pub tools: Vec<String>,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// Whether a stream is to tell the token counts.
    pub usage: bool,
    /// Whether the model is to leave the memory afterwards.
    pub unload: bool,
}

/// An image in a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// `image/png` and the like; empty where the format does not say.
    pub media_type: String,
    /// The file; empty where the request only says where it is.
    pub data: Bytes,
}

impl Image {
    /// An image as a request has it, in base64.
    pub(crate) fn read(media_type: &str, base64: &str) -> Self {
        let data = STANDARD.decode(base64).unwrap_or_default();
        Self { media_type: media_type.to_owned(), data: data.into() }
    }
}

impl Ask {
    /// The last message of the user; empty if there is none.
    #[must_use]
    pub fn last_user(&self) -> &str {
        let mut newest = self.messages.iter().rev();
        let last = newest.find(|(role, _)| role == "user");
        last.map_or("", |(_, text)| text)
    }

    /// The words in the messages: what the counting endpoints tell, for a mock has no vocabulary.
    pub(crate) fn words(&self) -> usize {
        let words = |(_, text): &(String, String)| text.split_whitespace().count();
        self.messages.iter().map(words).sum()
    }
}
