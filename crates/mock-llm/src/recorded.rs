//! One request as the log tells it.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::{Ask, Image};

/// How the answer to a request ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Ended {
    /// Not yet.
    #[default]
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
    /// What was understood of it; nothing, if it was refused before that.
    #[serde(skip)]
    pub ask: Option<Arc<Ask>>,
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

    /// The key in the request, in whichever header a provider has it.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        let bearer = || self.header("authorization")?.strip_prefix("Bearer ");
        self.header("x-api-key").or_else(|| self.header("x-goog-api-key")).or_else(bearer)
    }

    /// The messages of the request, as in [`Ask::messages`].
    #[must_use]
    pub fn messages(&self) -> Vec<(String, String)> {
        self.ask.as_ref().map_or_else(Vec::new, |ask| ask.messages.clone())
    }

    /// The images of the request, as in [`Ask::images`].
    #[must_use]
    pub fn images(&self) -> Vec<Image> {
        self.ask.as_ref().map_or_else(Vec::new, |ask| ask.images.clone())
    }
}
