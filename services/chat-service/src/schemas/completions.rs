//! OpenAI's chat completions (its API reference, "Create chat completion"): what of them is taken, and what is answered.
//!
//! Fields that are not listed are ignored, as the format's evolution asks, unless they would change what the answer means.

mod answer;
mod chunks;
mod models;
mod question;

use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub use answer::CompletionResponse;
pub use chunks::events;
pub use models::{CompletionModel, CompletionModels};

/// Checked where it becomes a question, with the fields' names as OpenAI spells them.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub struct CreateCompletionRequest {
    /// A model of the catalogue.
    model: String,
    /// All that has been said; at least one message.
    messages: Vec<CompletionMessage>,
    /// Whether to answer with chunks, as events.
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<CompletionStreamOptions>,
    /// 0 to 2; as the provider thinks right if absent.
    #[serde(default)]
    temperature: Option<f64>,
    /// At most so many tokens of answer.
    #[serde(default)]
    max_completion_tokens: Option<u32>,
    /// The older name of the same.
    #[serde(default)]
    max_tokens: Option<u32>,
    /// Up to four texts before which the answer ends.
    #[serde(default)]
    stop: Option<CompletionStop>,
    /// Functions that the model may call: `{type: "function", function: {name, description, parameters}}`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Vec<Value>>,
    /// `auto`, `none`, `required`, or `{type: "function", function: {name}}`.
    #[serde(default)]
    #[schema(value_type = Option<Value>)]
    tool_choice: Option<Value>,
    /// 1 at most.
    #[serde(default)]
    n: Option<u32>,
    /// `{type: "text"}`; no other is taken.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    response_format: Option<Value>,
    /// Not taken; use `tools`.
    #[serde(default)]
    #[schema(value_type = Option<Value>)]
    functions: Option<Value>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
pub struct CompletionStreamOptions {
    /// Whether a last chunk says what the answer took.
    #[serde(default)]
    include_usage: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected a text or an array of texts")]
pub enum CompletionStop {
    One(String),
    Some(Vec<String>),
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct CompletionMessage {
    role: CompletionRole,
    /// A text, or parts; may be null where the model called tools.
    #[serde(default)]
    content: Option<CompletionContent>,
    /// What the model wanted to be called.
    #[serde(default)]
    tool_calls: Option<Vec<CompletionToolCall>>,
    /// The call that a tool's message answers.
    #[serde(default)]
    tool_call_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CompletionRole {
    System,
    /// As `system`.
    Developer,
    User,
    Assistant,
    Tool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected a text or an array of parts")]
pub enum CompletionContent {
    Text(String),
    Parts(Vec<CompletionPart>),
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct CompletionPart {
    /// `text`, or, in a user's message, `image_url`.
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    image_url: Option<CompletionImageUrl>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct CompletionImageUrl {
    /// A `data:` URL in base64. Addresses are not fetched.
    url: String,
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct CompletionToolCall {
    /// What the tool's message refers to.
    id: String,
    /// `function`.
    #[serde(rename = "type", default)]
    kind: CompletionToolType,
    function: CompletionFunction,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CompletionToolType {
    #[default]
    Function,
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct CompletionFunction {
    name: String,
    /// JSON, as the model wrote it.
    arguments: String,
}

impl CreateCompletionRequest {
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether the client wants events.
    pub fn stream(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    /// Whether the events are to say what the answer took.
    pub fn include_usage(&self) -> bool {
        self.stream_options.unwrap_or_default().include_usage.unwrap_or(false)
    }
}
