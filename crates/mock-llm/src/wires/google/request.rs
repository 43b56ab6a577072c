//! What a request asks for, and what the real server would find wrong with it.

use actix_web::HttpRequest;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::wires::json::{items, strings, text};
use crate::{Ask, Image, Refusal};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    contents: Vec<Content>,
    #[serde(default, alias = "system_instruction")]
    system_instruction: Value,
    #[serde(default, alias = "generation_config")]
    generation_config: Value,
    #[serde(default)]
    tools: Value,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    role: String,
    #[serde(default)]
    parts: Value,
}

/// Fields that are known, and of no matter here.
const OTHERS: [&str; 10] = [
    "cachedContent",
    "cached_content",
    "labels",
    "model",
    "safetySettings",
    "safety_settings",
    "serviceTier",
    "store",
    "toolConfig",
    "tool_config",
];

/// Reads a request for an answer.
pub(super) fn read(request: &HttpRequest, body: &[u8], stream: bool) -> Result<Ask, Refusal> {
    let body = serde_json::from_slice(body).map_err(|error| Refusal::nonsense(&error))?;
    understand(request, &body, stream)
}

/// Reads a request for a count, which may hold a request for an answer.
pub(super) fn read_count(request: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal> {
    let nonsense = |error| Refusal::nonsense(&error);
    let mut body: Value = serde_json::from_slice(body).map_err(nonsense)?;
    if body["generateContentRequest"].is_object() {
        body = body["generateContentRequest"].take();
    }
    understand(request, &serde_json::from_value(body).map_err(nonsense)?, false)
}

fn understand(request: &HttpRequest, body: &Request, stream: bool) -> Result<Ask, Refusal> {
    if let Some(message) = wrong(body) {
        return Err(Refusal::BadRequest(message));
    }
    let system = text(&body.system_instruction["parts"]);
    let system = (!system.is_empty()).then(|| ("system".to_owned(), system));
    let declared = |name: &str| {
        let tools = items(&body.tools).map(|tool| &tool[name]);
        tools.flat_map(|declarations| strings(declarations, "/name")).collect::<Vec<_>>()
    };
    let said = |content: &Content| {
        // one that is left out is the user's
        let role = if content.role.is_empty() { "user" } else { &content.role };
        (role.to_owned(), text(&content.parts))
    };
    Ok(Ask {
        model: request.match_info().query("model").to_owned(),
        messages: system.into_iter().chain(body.contents.iter().map(said)).collect(),
        images: body
            .contents
            .iter()
            .flat_map(|content| items(&content.parts))
            .filter_map(image)
            .collect(),
        tools: [declared("functionDeclarations"), declared("function_declarations")].concat(),
        stream,
        usage: true,
        unload: false,
    })
}

/// The image that a part is, if it is one.
fn image(part: &Value) -> Option<Image> {
    let data = ["inlineData", "inline_data", "fileData", "file_data"];
    let (data, media_type) = data.iter().find_map(|name| {
        let data = &part[name];
        let media_type = data["mimeType"].as_str().or_else(|| data["mime_type"].as_str())?;
        Some((data, media_type))
    })?;
    let image = Image::read(media_type, data["data"].as_str().unwrap_or_default());
    media_type.starts_with("image/").then_some(image)
}

fn wrong(request: &Request) -> Option<String> {
    if let Some(field) = request.rest.keys().find(|field| !OTHERS.contains(&field.as_str())) {
        return Some(format!(
            "Invalid JSON payload received. Unknown name \"{field}\": Cannot find field."
        ));
    }
    if request.contents.is_empty() {
        return Some("* GenerateContentRequest.contents: contents is not specified\n".to_owned());
    }
    let temperature = request.generation_config["temperature"].as_f64();
    if temperature.is_some_and(|temperature| !(0.0..=2.0).contains(&temperature)) {
        return Some("* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n".to_owned());
    }
    request.contents.iter().enumerate().find_map(|(at, content)| wrong_content(at, content))
}

fn wrong_content(at: usize, content: &Content) -> Option<String> {
    if !["", "user", "model", "function"].contains(&content.role.as_str()) {
        return Some("Please use a valid role: user, model.".to_owned());
    }
    let place = format!("* GenerateContentRequest.contents[{at}].parts");
    let mut parts = items(&content.parts).enumerate().peekable();
    if parts.peek().is_none() {
        return Some(format!("{place}: contents.parts must not be empty.\n"));
    }
    let empty = |part: &Value| {
        let fields = part.as_object().into_iter().flatten();
        fields.filter(|(name, _)| !name.starts_with("thought")).count() == 0
    };
    let (at, _) = parts.find(|(_, part)| empty(part))?;
    Some(format!(
        "{place}[{at}].data: required oneof field 'data' must have one initialized field\n"
    ))
}
