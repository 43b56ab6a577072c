//! One request as the log tells it.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

/// How the answer to a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Ended {
    /// Not yet.
    Open,
    /// It was given whole.
    Finished,
    /// The client closed the connection first (or the mock was stopped).
    ClientLeft,
    /// As its fault says.
    Faulted,
}

/// A request, and what was answered so far.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// Its number, from 0.
    pub index: usize,
    /// The HTTP method.
    pub method: String,
    /// The path, with the query if there is one.
    pub path: String,
    /// The headers as they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    #[serde(skip)]
    pub body: Bytes,
    /// The text handed to the connection so far, whole tokens only. In a list of models, the
    /// ids.
    pub sent: String,
    /// The reasoning handed to the connection so far.
    pub sent_reasoning: String,
    /// How the answer ended.
    pub ended: Ended,
}

impl Recorded {
    /// The body as JSON; null if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The first header of that name (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(other, _)| other == name)?;
        Some(&header.1)
    }

    /// The messages of the request: role and content. Content in parts is the text of the
    /// parts, joined; content that is no text is empty.
    #[must_use]
    pub fn messages(&self) -> Vec<(String, String)> {
        let json = self.json();
        let messages = json["messages"].as_array().map_or(&[][..], Vec::as_slice);
        let message = |message: &Value| {
            let role = message["role"].as_str().unwrap_or_default().to_owned();
            (role, text(&message["content"]))
        };
        messages.iter().map(message).collect()
    }
}

/// The text of a message's content, which is a string or an array of parts.
pub(crate) fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}
