//! What is asked, in Google's words.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::super::wire::{self, Turn, Turns};
use super::super::{CompletionRequest, PromptMessage, ToolCall, Tools};

/// Stands where the signature of a thought would, which Gemini 3 and later want with a call, and which we do not keep. Google
/// gives this value for calls that come from elsewhere ("Thought signatures").
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// The body of a request.
pub(super) fn body(request: &CompletionRequest) -> Value {
    let Turns { system, turns } = Turns::of(&request.messages);
    let contents = turns.iter().map(|turn| content(turn, request));
    let mut body = json!({"contents": contents.collect::<Vec<_>>()});
    if !system.is_empty() {
        body["systemInstruction"] = json!({"parts": [{"text": system}]});
    }
    let mut config = Map::new();
    config.extend(request.temperature.map(|value| ("temperature".to_owned(), value.into())));
    config.extend(request.max_tokens.map(|value| ("maxOutputTokens".to_owned(), value.into())));
    if !request.stop.is_empty() {
        config.insert("stopSequences".to_owned(), request.stop.as_slice().into());
    }
    if !config.is_empty() {
        body["generationConfig"] = config.into();
    }
    if let Some(tools) = &request.tools {
        let functions: Vec<_> = wire::functions(tools).map(function).collect();
        body["tools"] = json!([{"functionDeclarations": functions}]);
        body["toolConfig"] = json!({"functionCallingConfig": calling(tools)});
    }
    body
}

fn content(turn: &Turn<'_>, request: &CompletionRequest) -> Value {
    let role = if turn.is_user { "user" } else { "model" };
    let parts = turn.messages.iter().flat_map(|message| parts(message, request));
    json!({"role": role, "parts": parts.collect::<Vec<_>>()})
}

fn parts(message: &PromptMessage, request: &CompletionRequest) -> Vec<Value> {
    if let Some(name) = wire::called(&request.messages, message) {
        let answer = serde_json::from_str(&message.content).ok().filter(Value::is_object);
        let answer = answer.unwrap_or_else(|| json!({"result": message.content}));
        return vec![json!({"functionResponse": {"name": name, "response": answer}})];
    }
    let images = message.images.iter().map(|image| {
        let data = STANDARD.encode(&image.data);
        json!({"inlineData": {"mimeType": image.kind, "data": data}})
    });
    let text = (!message.content.trim().is_empty()).then(|| json!({"text": message.content}));
    let mut calls: Vec<_> = message.tool_calls.iter().map(call).collect();
    if let Some(first) = calls.first_mut().filter(|_| wants_signatures(&request.model)) {
        first["thoughtSignature"] = NO_SIGNATURE.into();
    }
    images.chain(text).chain(calls).collect()
}

fn call(call: &ToolCall) -> Value {
    json!({"functionCall": {"name": call.name, "args": wire::arguments(call)}})
}

fn wants_signatures(model: &str) -> bool {
    let version = model.trim_start_matches("models/").strip_prefix("gemini-");
    version.is_some_and(|version| !version.starts_with(['1', '2']))
}

fn function(function: &Value) -> Value {
    let mut declared = json!({"name": function["name"]});
    if let Some(description) = function["description"].as_str() {
        declared["description"] = description.into();
    }
    // `parameters` would take but a part of JSON Schema.
    if function["parameters"].is_object() {
        declared["parametersJsonSchema"] = function["parameters"].clone();
    }
    declared
}

fn calling(tools: &Tools) -> Value {
    match tools.choice.as_str() {
        Some("none") => json!({"mode": "NONE"}),
        Some("required") => json!({"mode": "ANY"}),
        Some(_) => json!({"mode": "AUTO"}),
        None => wire::chosen(tools).map_or_else(
            || json!({"mode": "AUTO"}),
            |name| json!({"mode": "ANY", "allowedFunctionNames": [name]}),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::wire::a_conversation_with_everything;
    use super::*;

    #[test]
    fn a_conversation_is_told_in_turns_of_parts() {
        insta::assert_json_snapshot!(body(&a_conversation_with_everything()));
    }

    #[test]
    fn a_call_from_elsewhere_has_a_signature_where_one_is_wanted() {
        let signature = |model: &str| {
            let request =
                CompletionRequest { model: model.to_owned(), ..a_conversation_with_everything() };
            body(&request)["contents"][1]["parts"][0]["thoughtSignature"].clone()
        };
        assert_eq!(signature("gemini-3-pro-preview"), NO_SIGNATURE);
        assert_eq!(signature("gemini-2.5-flash"), Value::Null);
        assert_eq!(signature("gemma-3-27b-it"), Value::Null);
    }
}
