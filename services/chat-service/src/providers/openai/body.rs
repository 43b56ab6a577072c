//! What is asked, in OpenAI's words.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::{CompletionRequest, PromptMessage, PromptRole};

/// The body of a request.
pub(super) fn body(request: &CompletionRequest) -> Value {
    let mut body = json!({
        "model": request.model,
        "messages": request.messages.iter().map(message).collect::<Vec<_>>(),
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    if let Some(temperature) = request.temperature {
        body["temperature"] = temperature.into();
    }
    if let Some(max_tokens) = request.max_tokens {
        body[limit(&request.model)] = max_tokens.into();
    }
    if !request.stop.is_empty() {
        body["stop"] = request.stop.as_slice().into();
    }
    if let Some(tools) = &request.tools {
        body["tools"] = tools.tools.clone();
        if !tools.choice.is_null() {
            body["tool_choice"] = tools.choice.clone();
        }
    }
    body
}

/// The same, for servers that do not know how to be asked for usage.
pub(super) fn without_usage(body: &mut Value) {
    if let Some(fields) = body.as_object_mut() {
        fields.remove("stream_options");
    }
}

/// OpenAI's reasoning models refuse the old name of the limit, many compatible servers the new one.
fn limit(model: &str) -> &'static str {
    let is_o =
        model.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if is_o || model.starts_with("gpt-5") { "max_completion_tokens" } else { "max_tokens" }
}

fn message(message: &PromptMessage) -> Value {
    let role = match message.role {
        PromptRole::System => "system",
        PromptRole::User => "user",
        PromptRole::Assistant => "assistant",
        PromptRole::Tool => "tool",
    };
    let mut json = json!({"role": role, "content": content(message)});
    if !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(|call| {
            let function = json!({"name": call.name, "arguments": call.arguments});
            json!({"id": call.id, "type": "function", "function": function})
        });
        json["tool_calls"] = calls.collect();
    }
    if let Some(id) = &message.tool_call_id {
        json["tool_call_id"] = id.as_str().into();
    }
    json
}

/// A text, or parts where there is something to see: servers that see nothing may take no parts.
fn content(message: &PromptMessage) -> Value {
    if message.images.is_empty() {
        return message.content.as_str().into();
    }
    let text = json!({"type": "text", "text": message.content});
    let images = message.images.iter().map(|image| {
        let url =
            format!("data:{};base64,{}", image.kind.media_type(), STANDARD.encode(&image.data));
        json!({"type": "image_url", "image_url": {"url": url}})
    });
    let text = (!message.content.is_empty()).then_some(text);
    text.into_iter().chain(images).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_has_the_name_that_the_model_knows() {
        for model in ["o1", "o3-mini", "o4-mini-2025-04-16", "gpt-5", "gpt-5-mini"] {
            assert_eq!(limit(model), "max_completion_tokens", "{model}");
        }
        for model in ["gpt-4o", "openai/o3", "gpt-oss-20b", "olmo-2", "llama3"] {
            assert_eq!(limit(model), "max_tokens", "{model}");
        }
    }
}
