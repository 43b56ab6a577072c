use bytes::Bytes;
use common::domain::message::{NewMessage, ReplyOptions};
use eventsource_stream::Event;
use garde::Validate;
use platform::http::valid;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

/// What a browser's `EventSource` can say, which has but its address. Longer messages are posted.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamProjectMessagesQuery {
    /// 1 to 4,000 characters; for more use `POST /conversations/{id}/messages`.
    #[garde(custom(valid::text(1..=4_000)))]
    content: String,
    /// A model of the catalogue; the conversation's if absent.
    #[garde(inner(custom(valid::text(1..=100))))]
    model: Option<String>,
    /// 0 to 2; the caller's own default if absent, else 0.7.
    #[garde(inner(custom(valid::within(0.0..=2.0))))]
    temperature: Option<f64>,
    /// What the client calls this send: whoever asks for the same again with it, within 24 hours, is told the same reply from its
    /// beginning. 1 to 255 visible ASCII characters.
    #[garde(skip)]
    pub idempotency_key: Option<String>,
}

impl From<StreamProjectMessagesQuery> for NewMessage {
    fn from(query: StreamProjectMessagesQuery) -> Self {
        Self {
            content: query.content,
            images: Vec::new(),
            models: query.model.into_iter().collect(),
            options: ReplyOptions { temperature: query.temperature, ..ReplyOptions::default() },
        }
    }
}

/// An event of a reply in the form for `EventSource`: deltas have no name, so that `onmessage` gets them, and an error is a
/// `failure`, since `error` is `EventSource`'s own. `whole` is the reply's text, for its end. Empty where nothing is to be said.
pub fn for_event_source(event: &Event, whole: &str) -> Bytes {
    let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
    let id = if event.id.is_empty() { String::new() } else { format!("id: {}\n", event.id) };
    let said = match event.event.as_str() {
        "message_start" => return format!("{id}retry: 2000\n\n").into(),
        "token" => format!("{id}data: {}\n\n", json!({"delta": data["token"]})),
        "reasoning" => {
            format!("event: reasoning\n{id}data: {}\n\n", json!({"delta": data["token"]}))
        }
        "message_complete" => {
            let end = json!({"content": whole, "messageId": data["messageId"], "finishReason": data["finishReason"]});
            format!("event: end\n{id}data: {end}\n\n")
        }
        "error" => format!("event: failure\n{id}data: {data}\n\n"),
        "close" => String::new(),
        other => format!("event: {other}\n{id}data: {data}\n\n"),
    };
    said.into()
}
