//! What is asked, in Anthropic's words.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::wire::{self, Turn, Turns};
use super::super::{CompletionRequest, PromptMessage, ToolCall, Tools};

/// How long an answer may be where nobody says: the format wants a limit, and no model has a lower one of its own.
const MAX_TOKENS: u32 = 4096;

/// The body of a request.
pub(super) fn body(request: &CompletionRequest) -> Value {
    let Turns { system, turns } = Turns::of(&request.messages);
    let max_tokens = request.max_tokens.unwrap_or(MAX_TOKENS);
    let mut body = json!({
        "model": request.model,
        "messages": turns.iter().map(message).collect::<Vec<_>>(),
        "max_tokens": max_tokens.min(request.context_length.max(1)),
        "stream": true,
    });
    if !system.is_empty() {
        body["system"] = system.into();
    }
    if let Some(temperature) = request.temperature {
        // Others go up to 2.
        body["temperature"] = temperature.min(1.0).into();
    }
    if !request.stop.is_empty() {
        body["stop_sequences"] = request.stop.as_slice().into();
    }
    if let Some(tools) = &request.tools {
        body["tools"] = wire::functions(tools).map(tool).collect();
        if let Some(choice) = choice(tools) {
            body["tool_choice"] = choice;
        }
    }
    body
}

fn message(turn: &Turn<'_>) -> Value {
    let role = if turn.is_user { "user" } else { "assistant" };
    let blocks: Vec<_> = turn.messages.iter().flat_map(|message| blocks(message)).collect();
    json!({"role": role, "content": blocks})
}

/// Empty blocks are refused.
fn blocks(message: &PromptMessage) -> Vec<Value> {
    if let Some(call) = &message.tool_call_id {
        let (id, content) = (safe_id(call), &message.content);
        return vec![json!({"type": "tool_result", "tool_use_id": id, "content": content})];
    }
    let images = message.images.iter().map(|image| {
        let data = STANDARD.encode(&image.data);
        let source = json!({"type": "base64", "media_type": image.kind, "data": data});
        json!({"type": "image", "source": source})
    });
    let text = (!message.content.trim().is_empty())
        .then(|| json!({"type": "text", "text": message.content}));
    images.chain(text).chain(message.tool_calls.iter().map(tool_use)).collect()
}

fn tool_use(call: &ToolCall) -> Value {
    let (id, input) = (safe_id(&call.id), wire::arguments(call));
    json!({"type": "tool_use", "id": id, "name": call.name, "input": input})
}

/// Ids of other providers, which may hold what is refused here.
fn safe_id(id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    id.chars().map(safe).collect()
}

fn tool(function: &Value) -> Value {
    let schema = Some(&function["parameters"]).filter(|schema| schema.is_object());
    let mut tool = json!({
        "name": function["name"],
        "input_schema": schema.cloned().unwrap_or_else(|| json!({"type": "object"})),
    });
    if let Some(description) = function["description"].as_str() {
        tool["description"] = description.into();
    }
    tool
}

fn choice(tools: &Tools) -> Option<Value> {
    match tools.choice.as_str() {
        Some("none") => Some(json!({"type": "none"})),
        Some("required") => Some(json!({"type": "any"})),
        Some(_) => Some(json!({"type": "auto"})),
        None => wire::chosen(tools).map(|name| json!({"type": "tool", "name": name})),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::wire::a_conversation_with_everything;
    use super::*;

    #[test]
    fn a_conversation_is_told_in_turns_of_blocks() {
        insta::assert_json_snapshot!(body(&a_conversation_with_everything()));
    }

    #[test]
    fn a_limit_is_always_given() {
        let limit = |max_tokens, context_length| {
            let request = CompletionRequest { max_tokens, context_length, ..Default::default() };
            body(&request)["max_tokens"].as_u64().unwrap()
        };
        assert_eq!(limit(None, 200_000), 4096);
        assert_eq!(limit(Some(100), 200_000), 100);
        assert_eq!(limit(Some(300_000), 200_000), 200_000);
    }
}
