//! What a request asks for, as far as the mock needs to know.

use serde::Deserialize;
use serde_json::Value;

use crate::wires::json::{items, strings, text};
use crate::{Ask, Image, Refusal};

const ROLES: [&str; 6] = ["system", "assistant", "user", "function", "tool", "developer"];

#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    model: String,
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default)]
    tools: Value,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// Reads the body of a completion request.
pub(super) fn read(body: &[u8]) -> Result<Ask, Refusal> {
    let request: Completion =
        serde_json::from_slice(body).map_err(|error| Refusal::nonsense(&error))?;
    if request.model.is_empty() {
        return Err(Refusal::BadRequest("you must provide a model parameter".to_owned()));
    }
    if request.messages.is_empty() {
        return Err(Refusal::BadRequest("[] is too short - 'messages'".to_owned()));
    }
    if let Some(message) = request.messages.iter().find_map(wrong) {
        return Err(Refusal::BadRequest(message));
    }
    Ok(Ask {
        images: request.messages.iter().flat_map(images).collect(),
        model: request.model,
        messages: request
            .messages
            .into_iter()
            .map(|message| (message.role, text(&message.content)))
            .collect(),
        tools: strings(&request.tools, "/function/name"),
        stream: request.stream == Some(true),
        usage: request.stream_options.is_some_and(|options| options.include_usage),
        unload: false,
    })
}

/// The images of a message, which are addresses that mostly hold the file themselves.
fn images(message: &Message) -> impl Iterator<Item = Image> {
    let parts = items(&message.content).filter(|part| part["type"] == "image_url");
    parts.map(|part| {
        let address = part["image_url"]["url"].as_str().unwrap_or_default();
        let held = address.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
        held.map_or_else(Image::default, |(media_type, data)| Image::read(media_type, data))
    })
}

/// What the real server would find wrong with a message.
fn wrong(message: &Message) -> Option<String> {
    let role = &message.role;
    if !ROLES.contains(&role.as_str()) {
        return Some(format!("Invalid value: '{role}'. Supported values are: {ROLES:?}."));
    }
    let empty = message.content.is_null() && role != "assistant";
    empty.then(|| "Invalid value for 'content': expected a string, got null.".to_owned())
}
