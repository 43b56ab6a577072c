//! What is asked, in Ollama's words.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::wire;
use super::super::{CompletionRequest, PromptMessage, PromptRole};

/// The body of a request.
pub(super) fn body(request: &CompletionRequest) -> Value {
    let messages = request.messages.iter().map(|message| self::message(message, request));
    let mut body = json!({
        "model": request.model,
        "messages": messages.collect::<Vec<_>>(),
        "stream": true,
        "options": {"num_ctx": request.context_length},
    });
    if let Some(temperature) = request.temperature {
        body["options"]["temperature"] = temperature.into();
    }
    if let Some(max_tokens) = request.max_tokens {
        body["options"]["num_predict"] = max_tokens.into();
    }
    if !request.stop.is_empty() {
        body["options"]["stop"] = request.stop.as_slice().into();
    }
    // There is no choice of tools but to have none.
    if let Some(tools) = request.tools.as_ref().filter(|tools| tools.choice != "none") {
        body["tools"] = tools.tools.clone();
    }
    body
}

fn message(message: &PromptMessage, request: &CompletionRequest) -> Value {
    let role = match message.role {
        PromptRole::System => "system",
        PromptRole::User => "user",
        PromptRole::Assistant => "assistant",
        PromptRole::Tool => "tool",
    };
    let mut json = json!({"role": role, "content": message.content});
    if !message.images.is_empty() {
        json["images"] =
            message.images.iter().map(|image| Value::from(STANDARD.encode(&image.data))).collect();
    }
    if !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(
            |call| json!({"function": {"name": call.name, "arguments": wire::arguments(call)}}),
        );
        json["tool_calls"] = calls.collect();
    }
    if let Some(name) = wire::called(&request.messages, message) {
        json["tool_name"] = name.into();
    }
    json
}

#[cfg(test)]
mod tests {
    use super::super::super::wire::a_conversation_with_everything;
    use super::*;

    #[test]
    fn a_conversation_is_told_with_the_length_of_its_context() {
        insta::assert_json_snapshot!(body(&a_conversation_with_everything()));
    }
}
