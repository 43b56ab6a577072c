//! What is wrong with a request's fields, in words for a person.

use serde::Serialize;

/// A field and what was expected of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Its name as the client writes it, with a path to it where it is nested.
    pub field: String,
    /// What it takes.
    pub expected: String,
}

impl FieldError {
    /// `field` should have been `expected`.
    pub fn new(field: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { field: field.into(), expected: expected.into() }
    }

    /// Explains what serde says of the value at `path`. The value itself is not repeated.
    pub(super) fn explain(path: &str, message: &str) -> Self {
        let path = if path == "." { "" } else { path };
        let inside = |name: &str| {
            if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
        };
        let named = message.split('`').nth(1).unwrap_or_default();
        if message.starts_with("missing field") {
            Self::new(inside(named), "a value")
        } else if message.starts_with("unknown field") {
            // Where serde tracks the path, it ends in the unknown field itself.
            let field = if path.ends_with(named) { path.to_owned() } else { inside(named) };
            let known =
                message.rsplit_once("expected ").map_or("none", |(_, known)| strip_place(known));
            Self::new(field, format!("no such field; known: {}", known.replace('`', "")))
        } else if message.starts_with("duplicate field") {
            Self::new(inside(named), "to be given once")
        } else {
            let expected = match message.rsplit_once("expected ") {
                Some((_, expected)) => in_plain_words(strip_place(expected)),
                // How the standard library says that a text is no number.
                None if message.contains("invalid digit") || message.contains("number too") => {
                    "a whole number"
                }
                None => "a well-formed value",
            };
            Self::new(if path.is_empty() { "body" } else { path }, expected.replace('`', ""))
        }
    }

    /// What the validation rules say, in the client's spelling of the fields.
    pub(super) fn all(report: &garde::Report) -> Vec<Self> {
        report
            .iter()
            .map(|(path, error)| Self::new(camel_case(&path.to_string()), error.message()))
            .collect()
    }
}

/// What serde expects, without the names of Rust's types.
fn in_plain_words(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "i32" | "i64" | "usize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "value" => "one of the values that the documentation lists",
        other if other.starts_with("struct ") || other == "a map" => "a JSON object",
        other => other,
    }
}

/// serde_json ends its messages in the place of the error: ` at line 1 column 2`.
fn strip_place(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

fn camel_case(path: &str) -> String {
    let mut upper = false;
    path.chars()
        .filter_map(|c| {
            if c == '_' {
                upper = true;
                return None;
            }
            Some(if std::mem::take(&mut upper) { c.to_ascii_uppercase() } else { c })
        })
        .collect()
}
