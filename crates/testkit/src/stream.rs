//! Reading server-sent events.

use std::pin::Pin;
use std::time::Duration;

use eventsource_stream::Eventsource;
use futures_util::{Stream, StreamExt};
use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

/// Longer than any test should take; a stream that is silent for so long fails the test.
const PATIENCE: Duration = Duration::from_secs(30);

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name.
    pub event: String,
    /// Its id.
    pub id: String,
    /// Its data.
    pub data: Value,
}

/// An open stream of events. Dropping it closes the connection.
pub struct EventStream {
    /// The status of the answer.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
}

impl EventStream {
    pub(crate) async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        assert!(status.is_success(), "{status}: {}", response.text().await.unwrap());
        let events = response.bytes_stream().eventsource().map(|event| {
            let event = event.unwrap();
            let data = serde_json::from_str(&event.data).unwrap_or(Value::String(event.data));
            Event { event: event.event, id: event.id, data }
        });
        Self { status, headers, events: Box::pin(events) }
    }

    /// The next event; `None` when the server has closed the stream.
    pub async fn next(&mut self) -> Option<Event> {
        tokio::time::timeout(PATIENCE, self.events.next()).await.expect("an event in time")
    }

    /// The next event, which must be of this name.
    pub async fn expect(&mut self, name: &str) -> Event {
        let event = self.next().await.unwrap_or_else(|| panic!("the stream ended before `{name}`"));
        assert_eq!(event.event, name, "{event:?}");
        event
    }

    /// All that is left.
    pub async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

impl Event {
    /// The text of the `token` events among some, joined.
    pub fn text(events: &[Self]) -> String {
        events
            .iter()
            .filter(|e| e.event == "token")
            .map(|e| e.data["token"].as_str().unwrap())
            .collect()
    }
}
