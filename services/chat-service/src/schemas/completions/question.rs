//! What a request asks, and what is wrong with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::domain::attachment::{Image, ImageType};
use platform::http::{AppError, FieldError};
use serde_json::Value;

use super::{
    CompletionContent, CompletionMessage, CompletionPart, CompletionRole, CompletionStop,
    CompletionToolCall, CreateCompletionRequest,
};
use crate::generation::Question;
use crate::providers::{PromptMessage, PromptRole, ToolCall, Tools};

/// As many as OpenAI takes.
const MOST_STOPS: usize = 4;

impl CreateCompletionRequest {
    /// The question that it asks.
    pub fn question(self) -> Result<Question, AppError> {
        self.check()?;
        let stop = match self.stop {
            None => Vec::new(),
            Some(CompletionStop::One(text)) => vec![text],
            Some(CompletionStop::Some(texts)) => texts,
        };
        if stop.len() > MOST_STOPS || stop.iter().any(|text| text.trim().is_empty()) {
            return Err(wrong("stop", "up to 4 texts, none of them blank"));
        }
        let messages = self.messages.into_iter().enumerate();
        let messages =
            messages.map(|(index, message)| message.prompt(&format!("messages[{index}]")));
        Ok(Question {
            messages: messages.collect::<Result<_, _>>()?,
            temperature: self.temperature,
            max_tokens: self.max_completion_tokens.or(self.max_tokens),
            stop,
            tools: tools(self.tools.unwrap_or_default(), self.tool_choice)?,
        })
    }

    fn check(&self) -> Result<(), AppError> {
        let format = self.response_format.as_ref().map(|format| &format["type"]);
        let has_functions = self.functions.as_ref().is_some_and(|functions| !functions.is_null());
        for (is_wrong, field, expected) in [
            (self.messages.is_empty(), "messages", "at least one message"),
            (self.n.is_some_and(|n| n != 1), "n", "1; ask again for another answer"),
            (
                self.temperature.is_some_and(|value| !(0.0..=2.0).contains(&value)),
                "temperature",
                "a number from 0 to 2",
            ),
            (self.max_tokens == Some(0), "max_tokens", "at least 1"),
            (self.max_completion_tokens == Some(0), "max_completion_tokens", "at least 1"),
            (format.is_some_and(|kind| kind != "text"), "response_format", "the type `text`"),
            (has_functions, "functions", "nothing; give `tools` instead"),
        ] {
            if is_wrong {
                return Err(wrong(field, expected));
            }
        }
        Ok(())
    }
}

impl CompletionMessage {
    fn prompt(self, field: &str) -> Result<PromptMessage, AppError> {
        let role = match self.role {
            CompletionRole::System | CompletionRole::Developer => PromptRole::System,
            CompletionRole::User => PromptRole::User,
            CompletionRole::Assistant => PromptRole::Assistant,
            CompletionRole::Tool => PromptRole::Tool,
        };
        let calls = self.tool_calls.filter(|_| role == PromptRole::Assistant).unwrap_or_default();
        let (content, images) = match self.content {
            None if calls.is_empty() => {
                return Err(wrong(&format!("{field}.content"), "a text"));
            }
            None => (String::new(), Vec::new()),
            Some(CompletionContent::Text(text)) => (text, Vec::new()),
            Some(CompletionContent::Parts(parts)) => read(parts, role, field)?,
        };
        if role == PromptRole::Tool && self.tool_call_id.is_none() {
            return Err(wrong(&format!("{field}.tool_call_id"), "the id of the call"));
        }
        Ok(PromptMessage {
            role,
            content,
            images,
            tool_calls: calls.into_iter().map(ToolCall::from).collect(),
            tool_call_id: self.tool_call_id.filter(|_| role == PromptRole::Tool),
        })
    }
}

/// The text and the images of a message's parts.
fn read(
    parts: Vec<CompletionPart>,
    role: PromptRole,
    field: &str,
) -> Result<(String, Vec<Image>), AppError> {
    let (mut texts, mut images) = (Vec::new(), Vec::new());
    for (index, part) in parts.into_iter().enumerate() {
        let field = format!("{field}.content[{index}]");
        match (part.kind.as_str(), part.text, part.image_url) {
            ("text", Some(text), _) => texts.push(text),
            ("image_url", _, Some(image)) if role == PromptRole::User => {
                let expected = "a `data:` URL of a PNG, JPEG, GIF or WebP image in base64";
                let image = image_of(&image.url);
                images
                    .push(image.ok_or_else(|| wrong(&format!("{field}.image_url.url"), expected))?);
            }
            _ => return Err(wrong(&field, "a part of a type that is taken there, with its value")),
        }
    }
    Ok((texts.join("\n"), images))
}

/// The image of a `data:` URL (RFC 2397).
fn image_of(url: &str) -> Option<Image> {
    let (_media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    let data = STANDARD.decode(data).ok()?;
    // What it is called counts for nothing: models are told what it is.
    let kind = ImageType::of(&data)?;
    Some(Image { kind, data: data.into() })
}

fn tools(tools: Vec<Value>, choice: Option<Value>) -> Result<Option<Tools>, AppError> {
    let is_function =
        |tool: &Value| tool["type"] == "function" && tool["function"]["name"].is_string();
    if let Some(index) = tools.iter().position(|tool| !is_function(tool)) {
        return Err(wrong(&format!("tools[{index}]"), "a function with a name"));
    }
    let choice = choice.unwrap_or_default();
    let is_choice = match choice.as_str() {
        Some(word) => ["auto", "none", "required"].contains(&word),
        None => choice.is_null() || choice["function"]["name"].is_string(),
    };
    if !is_choice {
        return Err(wrong("tool_choice", "`auto`, `none`, `required` or a function"));
    }
    let tools = Value::from(tools);
    Ok((tools != Value::Array(Vec::new())).then_some(Tools { tools, choice }))
}

fn wrong(field: &str, expected: &str) -> AppError {
    AppError::invalid(&[FieldError::new(field, expected)])
}

impl From<CompletionToolCall> for ToolCall {
    fn from(CompletionToolCall { id, function, .. }: CompletionToolCall) -> Self {
        Self { id, name: function.name, arguments: function.arguments }
    }
}
