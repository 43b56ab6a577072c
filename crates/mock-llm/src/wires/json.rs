//! Pieces of JSON, written straight into the bytes of an answer.

use serde_json::Value;

/// When every answer says it was made: a mock has no need of a clock.
pub(super) const CREATED: u64 = 1_767_225_600;

/// `text` as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// `text` as the inside of a JSON string.
pub(super) fn escaped(text: &str) -> String {
    let mut quoted = quoted(text);
    quoted.pop();
    quoted.split_off(1)
}

/// A string or null.
pub(super) fn or_null(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), quoted)
}

/// The text of a message's content, which is a string or an array of parts.
pub(super) fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// The items of an array; none, if it is not one.
pub(super) fn items(array: &Value) -> impl Iterator<Item = &Value> {
    array.as_array().into_iter().flatten()
}

/// The strings at `pointer` in the items of an array.
pub(super) fn strings(array: &Value, pointer: &str) -> Vec<String> {
    let string = |item: &Value| item.pointer(pointer)?.as_str().map(str::to_owned);
    items(array).filter_map(string).collect()
}
