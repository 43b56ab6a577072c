//! What is to be said, and how it is to be answered.

use common::domain::attachment::Image;
use common::domain::message::{NewMessage, ReplyOptions};
use garde::Validate;
use platform::http::{AppError, valid};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::attachments::MessageContent;

/// How many bytes a send without images may have.
const TEXT_LIMIT: usize = 4 * 1024 * 1024;

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendMessageRequest {
    /// A text of 1 to 200,000 characters; or parts, of which at most four are images, and one is an image or has words.
    #[garde(dive)]
    content: MessageContent,
    /// A model of the catalogue; the conversation's if absent.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=100))))]
    model: Option<String>,
    /// 0 to 2; the caller's own default if absent, else 0.7.
    #[serde(default)]
    #[garde(inner(custom(valid::within(0.0..=2.0))))]
    temperature: Option<f64>,
    /// At most so many tokens of answer.
    #[serde(default)]
    #[garde(inner(custom(valid::within(1..=1_000_000))))]
    max_tokens: Option<u32>,
    /// What the model is shown of the conversation; `all` if absent.
    #[serde(default)]
    #[garde(skip)]
    history: Option<History>,
    /// Whether to answer with events; if absent, `Accept` decides.
    #[serde(default)]
    #[garde(skip)]
    stream: Option<bool>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditMessageRequest {
    /// As in a send. A text alone keeps the images of the message that it replaces; parts have the images that they have.
    #[garde(dive)]
    content: MessageContent,
    /// As in a send.
    #[serde(default)]
    #[garde(inner(custom(valid::within(0.0..=2.0))))]
    temperature: Option<f64>,
    /// As in a send.
    #[serde(default)]
    #[garde(inner(custom(valid::within(1..=1_000_000))))]
    max_tokens: Option<u32>,
    /// As before if absent.
    #[serde(default)]
    #[garde(skip)]
    history: Option<History>,
    /// Whether to answer with events; if absent, `Accept` decides.
    #[serde(default)]
    #[garde(skip)]
    pub stream: Option<bool>,
}

#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegenerateMessageRequest {
    /// A model of the catalogue; the one that made the reply if absent.
    #[serde(default)]
    #[garde(inner(custom(valid::text(1..=100))))]
    pub model: Option<String>,
    /// As in a send.
    #[serde(default)]
    #[garde(inner(custom(valid::within(0.0..=2.0))))]
    temperature: Option<f64>,
    /// As in a send.
    #[serde(default)]
    #[garde(inner(custom(valid::within(1..=1_000_000))))]
    max_tokens: Option<u32>,
    /// As before if absent.
    #[serde(default)]
    #[garde(skip)]
    history: Option<History>,
    /// Whether to answer with events; if absent, `Accept` decides.
    #[serde(default)]
    #[garde(skip)]
    pub stream: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum History {
    /// Only what was said with the model that is asked.
    Model,
    /// Everything.
    All,
}

impl SendMessageRequest {
    /// Whether the client wants events; `None`: `Accept` decides.
    pub fn stream(&self) -> Option<bool> {
        self.stream
    }

    /// Refuses a body that is longer than one without images may be.
    pub fn check_size(&self, size: usize) -> Result<(), AppError> {
        check_size(&self.content, size)
    }
}

impl From<SendMessageRequest> for NewMessage {
    fn from(request: SendMessageRequest) -> Self {
        let (content, images) = request.content.into_parts();
        Self {
            content,
            images,
            models: request.model.into_iter().collect(),
            options: options(request.temperature, request.max_tokens, request.history),
        }
    }
}

impl EditMessageRequest {
    /// What to say, with which images if any are named, and how it is to be answered.
    pub fn into_parts(self) -> (String, Option<Vec<Image>>, ReplyOptions) {
        let is_text = matches!(self.content, MessageContent::Text(_));
        let (content, images) = self.content.into_parts();
        let options = options(self.temperature, self.max_tokens, self.history);
        (content, (!is_text).then_some(images), options)
    }

    /// Refuses a body that is longer than one without images may be.
    pub fn check_size(&self, size: usize) -> Result<(), AppError> {
        check_size(&self.content, size)
    }
}

impl RegenerateMessageRequest {
    pub fn options(&self) -> ReplyOptions {
        options(self.temperature, self.max_tokens, self.history)
    }
}

impl History {
    /// Whether the model is shown only what was said with it.
    pub fn is_own(self) -> bool {
        self == Self::Model
    }
}

fn options(
    temperature: Option<f64>,
    max_tokens: Option<u32>,
    history: Option<History>,
) -> ReplyOptions {
    ReplyOptions { temperature, max_tokens, own_history: history.map(History::is_own) }
}

/// Refuses a body that is longer than one without images may be.
pub fn check_size(content: &MessageContent, size: usize) -> Result<(), AppError> {
    if size > TEXT_LIMIT && !content.has_images() {
        return Err(AppError::too_large(TEXT_LIMIT));
    }
    Ok(())
}
