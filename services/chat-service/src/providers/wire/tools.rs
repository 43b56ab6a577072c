//! Tools, as OpenAI's chat completions have them, for formats that have them otherwise.

use serde_json::{Value, json};

use super::super::{PromptMessage, ToolCall, Tools};

/// The functions that may be called.
pub fn functions(tools: &Tools) -> impl Iterator<Item = &Value> {
    let tools = tools.tools.as_array().into_iter().flatten();
    tools.map(|tool| &tool["function"]).filter(|function| function.is_object())
}

/// The one function that must be called, if there is one.
pub fn chosen(tools: &Tools) -> Option<&str> {
    tools.choice["function"]["name"].as_str()
}

/// A call's arguments as an object; models write them, and may get them wrong.
pub fn arguments(call: &ToolCall) -> Value {
    serde_json::from_str(&call.arguments).ok().filter(Value::is_object).unwrap_or(json!({}))
}

/// Which function the call was of that a tool's message answers.
pub fn called<'a>(messages: &'a [PromptMessage], answer: &PromptMessage) -> Option<&'a str> {
    let id = answer.tool_call_id.as_deref()?;
    let calls = messages.iter().rev().flat_map(|message| &message.tool_calls);
    calls.into_iter().find(|call| call.id == id).map(|call| call.name.as_str())
}
