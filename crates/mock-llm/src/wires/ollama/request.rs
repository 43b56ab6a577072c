//! What a request asks for, and what the real server would find wrong with it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::Kind;
use crate::wires::json::strings;
use crate::{Ask, Image, Refusal};

/// A request for an answer, or about a model.
#[derive(Deserialize)]
struct Request {
    #[serde(default, alias = "name")]
    model: String,
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default)]
    system: String,
    #[serde(default)]
    prompt: String,
    #[serde(default)]
    images: Vec<String>,
    #[serde(default)]
    tools: Value,
    stream: Option<bool>,
    #[serde(default)]
    keep_alive: Value,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: String,
    #[serde(default)]
    images: Option<Vec<String>>,
}

/// What a request is about.
pub(super) enum About {
    Message,
    Load,
    Unload,
}

/// Finds what a request is about; one that makes no sense is for [`read`] to refuse.
pub(super) fn about<K: Kind>(body: &[u8]) -> About {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let asked = &request[K::ASKED];
    let empty = asked.is_null() || asked == "" || asked.as_array().is_some_and(Vec::is_empty);
    if !empty {
        About::Message
    } else if leaves(&request["keep_alive"]) {
        About::Unload
    } else {
        About::Load
    }
}

/// Reads the body of a request.
pub(super) fn read(body: &[u8]) -> Result<Ask, Refusal> {
    let request: Request =
        serde_json::from_slice(body).map_err(|error| Refusal::nonsense(&error))?;
    let refused = |message: &str| Err(Refusal::BadRequest(message.to_owned()));
    if request.model.is_empty() {
        return refused("model is required");
    }
    let sent = request.messages.iter().flat_map(|message| message.images.iter().flatten());
    let images: Vec<_> = sent.chain(&request.images).collect();
    if images.iter().any(|image| STANDARD.decode(image).is_err()) {
        return refused("illegal base64 data at input byte 0");
    }
    let role = request.messages.iter().map(|message| message.role.as_str());
    if let Some(role) = role.into_iter().find(|role| !ROLES.contains(role)) {
        return refused(&format!("invalid role: {role}"));
    }
    let images = images.into_iter().map(|image| Image::read("", image)).collect();
    let lone = [("system", request.system), ("user", request.prompt)];
    let lone = lone.into_iter().filter(|(_, text)| !text.is_empty());
    let lone = lone.map(|(role, text)| (role.to_owned(), text));
    let messages = request.messages.into_iter().map(|message| (message.role, message.content));
    Ok(Ask {
        model: request.model,
        messages: lone.chain(messages).collect(),
        images,
        tools: strings(&request.tools, "/function/name"),
        stream: request.stream != Some(false),
        usage: true,
        unload: leaves(&request.keep_alive),
    })
}

const ROLES: [&str; 4] = ["system", "user", "assistant", "tool"];

/// Whether a model is to leave the memory at once: a time of zero, with a unit or without.
fn leaves(keep_alive: &Value) -> bool {
    match keep_alive {
        Value::Number(seconds) => seconds.as_f64() == Some(0.0),
        Value::String(time) => {
            let number = time.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
            number.parse() == Ok(0.0)
        }
        _ => false,
    }
}
