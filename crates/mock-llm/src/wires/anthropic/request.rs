//! What a request asks for, and what the real server would find wrong with it.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::wires::json::{items, strings, text};
use crate::{Ask, Image, Refusal};

/// A request for a message, or for a count of one.
#[derive(Deserialize)]
struct Request {
    model: Option<String>,
    max_tokens: Option<i64>,
    messages: Option<Vec<Message>>,
    #[serde(default)]
    system: Value,
    #[serde(default)]
    tools: Value,
    #[serde(default)]
    stream: bool,
    temperature: Option<f64>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

/// Fields that are known, and of no matter here.
const OTHERS: [&str; 15] = [
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "mcp_servers",
    "metadata",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "stop_sequences",
    "thinking",
    "tool_choice",
    "top_k",
    "top_p",
];

/// Reads the body of a request; one that only counts needs no limit for the answer.
pub(super) fn read(body: &[u8], limited: bool) -> Result<Ask, Refusal> {
    let request: Request =
        serde_json::from_slice(body).map_err(|error| Refusal::nonsense(&error))?;
    if let Some(message) = wrong(&request, limited) {
        return Err(Refusal::BadRequest(message));
    }
    let messages = request.messages.unwrap_or_default();
    let system = (!request.system.is_null()).then(|| ("system".to_owned(), text(&request.system)));
    Ok(Ask {
        images: messages.iter().flat_map(images).collect(),
        model: request.model.unwrap_or_default(),
        messages: system
            .into_iter()
            .chain(messages.into_iter().map(|message| (message.role, text(&message.content))))
            .collect(),
        tools: strings(&request.tools, "/name"),
        stream: request.stream,
        usage: true,
        unload: false,
    })
}

fn images(message: &Message) -> impl Iterator<Item = Image> {
    let blocks = items(&message.content).filter(|block| block["type"] == "image");
    blocks.map(|block| {
        let field = |name| block["source"][name].as_str().unwrap_or_default();
        Image::read(field("media_type"), field("data"))
    })
}

fn wrong(request: &Request, limited: bool) -> Option<String> {
    let required = |field: &str| Some(format!("{field}: Field required"));
    if request.model.as_deref().is_none_or(str::is_empty) {
        return required("model");
    }
    match request.max_tokens {
        None if limited => return required("max_tokens"),
        Some(..1) => {
            return Some("max_tokens: Input should be greater than or equal to 1".to_owned());
        }
        _ => {}
    }
    if let Some(field) = request.rest.keys().find(|field| !OTHERS.contains(&field.as_str())) {
        return Some(format!("{field}: Extra inputs are not permitted"));
    }
    if request.temperature.is_some_and(|temperature| !(0.0..=1.0).contains(&temperature)) {
        return Some("temperature: range: 0..1".to_owned());
    }
    if has_empty_text(&request.system) {
        return Some("system: text content blocks must be non-empty".to_owned());
    }
    match request.messages.as_deref() {
        None => required("messages"),
        Some([]) => Some("messages: at least one message is required".to_owned()),
        Some(messages) => wrong_messages(messages),
    }
}

fn wrong_messages(messages: &[Message]) -> Option<String> {
    for (at, message) in messages.iter().enumerate() {
        match message.role.as_str() {
            "user" | "assistant" => {}
            "system" => {
                return Some("messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" as an input message role.".to_owned());
            }
            _ => {
                return Some(format!("messages.{at}.role: Input should be 'user' or 'assistant'"));
            }
        }
        let empty = match &message.content {
            Value::String(text) => text.is_empty(),
            Value::Array(blocks) => blocks.is_empty(),
            _ => return Some(format!("messages.{at}.content: Field required")),
        };
        if empty {
            return Some(format!("messages.{at}: user messages must have non-empty content"));
        }
        if has_empty_text(&message.content) {
            return Some("messages: text content blocks must be non-empty".to_owned());
        }
    }
    if messages.first().is_some_and(|first| first.role != "user") {
        return Some("messages: first message must use the \"user\" role".to_owned());
    }
    if messages.last().is_some_and(|last| last.role != "user") {
        return Some("This model does not support assistant message prefill. The conversation must end with a user message.".to_owned());
    }
    messages.windows(2).enumerate().find_map(|(at, pair)| wrong_results(at + 1, pair))
}

/// A result of a tool must be asked for by the message before it.
fn wrong_results(at: usize, pair: &[Message]) -> Option<String> {
    let [before, message] = pair else { return None };
    let calls: Vec<_> = items(&before.content)
        .filter(|block| block["type"] == "tool_use")
        .map(|block| &block["id"])
        .collect();
    let results = items(&message.content).filter(|block| block["type"] == "tool_result");
    let results: Vec<_> = results.map(|block| &block["tool_use_id"]).collect();
    if let Some(stray) = results.iter().find(|id| !calls.contains(id)) {
        return Some(format!(
            "messages.{at}.content: unexpected `tool_use_id` found in `tool_result` blocks: {stray}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
        ));
    }
    let open = calls.iter().find(|id| !results.contains(id))?;
    Some(format!(
        "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: {open}.",
        at - 1
    ))
}

fn has_empty_text(content: &Value) -> bool {
    items(content).any(|block| block["type"] == "text" && block["text"] == "")
}
