//! What a request asks for, as far as the mock needs to know.

use serde::Deserialize;
use serde_json::Value;

use crate::plan::{Ask, Shape};
use crate::recorded::text;

/// Why a request is refused with status 400.
#[derive(Debug, thiserror::Error)]
pub(super) enum Invalid {
    #[error("We could not parse the JSON body of your request: {0}")]
    Json(#[from] serde_json::Error),
    #[error("you must provide a model parameter")]
    NoModel,
    #[error("[] is too short - 'messages'")]
    NoMessages,
}

#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    model: String,
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// Reads the body of a completion request.
pub(super) fn parse(body: &[u8]) -> Result<Ask, Invalid> {
    let request: Completion = serde_json::from_slice(body)?;
    if request.model.is_empty() {
        return Err(Invalid::NoModel);
    }
    if request.messages.is_empty() {
        return Err(Invalid::NoMessages);
    }
    let mut users = request.messages.iter().rev();
    let last_user = users.find(|message| message.role == "user");
    Ok(Ask {
        model: request.model,
        last_user: last_user.map_or_else(String::new, |message| text(&message.content)),
        shape: Shape {
            whole: request.stream != Some(true),
            usage: request.stream_options.is_some_and(|options| options.include_usage),
        },
    })
}

/// A request for the list of models.
pub(super) fn catalogue() -> Ask {
    Ask {
        model: String::new(),
        last_user: String::new(),
        shape: Shape { whole: true, usage: false },
    }
}
