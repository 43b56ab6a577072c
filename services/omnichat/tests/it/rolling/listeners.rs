//! People who listen to replies and, where a stream ends before its reply does, come back for the rest.

use std::pin::Pin;

use eventsource_stream::{Event, Eventsource as _};
use futures_util::{Stream, StreamExt as _};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use testkit::Actor;

/// Somebody in the middle of a reply.
pub struct Listener {
    actor: Actor,
    api: String,
    message: String,
    stream: Pin<Box<dyn Stream<Item = Event>>>,
    text: String,
    /// The id of the last event of which there is something in the text.
    last: String,
    is_back: bool,
}

/// How a reply has come to its end here.
pub struct Heard {
    pub text: String,
    /// As it is stored.
    pub stored: Value,
    pub has_resumed: bool,
}

impl Listener {
    /// Begins a conversation, and asks a model something in it.
    pub async fn ask(actor: Actor, api: String, model: &str) -> Self {
        let made = actor.post(&format!("{api}/conversations"), json!({})).await.expect(201);
        let url = format!("{api}/conversations/{}/messages", made.id("conversation"));
        let body = json!({"content": "What do bees say?", "model": model, "stream": true});
        let mut stream = open(actor.request(Method::POST, &url).json(&body)).await;
        let start = stream.next().await.unwrap();
        let data: Value = serde_json::from_str(&start.data).unwrap();
        let message = data["messageId"].as_str().unwrap().to_owned();
        Self { actor, api, message, stream, text: String::new(), last: start.id, is_back: false }
    }

    /// Leaves, and comes back for what is left.
    pub async fn comes_back(mut self) -> Self {
        let url = format!("{}/messages/{}/stream", self.api, self.message);
        let request = self.actor.request(Method::GET, &url).header("last-event-id", &self.last);
        self.stream = open(request).await;
        self.is_back = true;
        self
    }

    /// Listens to the end, on as many streams as it takes.
    pub async fn hears(mut self) -> Heard {
        while !self.hears_this_stream().await {
            self = self.comes_back().await;
        }
        let stored = self.actor.get(&format!("{}/messages/{}", self.api, self.message)).await;
        let stored = stored.expect(200).data("message").clone();
        Heard { text: self.text, stored, has_resumed: self.is_back }
    }

    /// Listens until the stream ends or is cut; whether the reply has ended as well. Of what a process that stops has stored who
    /// comes back is told.
    async fn hears_this_stream(&mut self) -> bool {
        let mut is_over = false;
        while let Some(event) = self.stream.next().await {
            match event.event.as_str() {
                "token" => {
                    let data: Value = serde_json::from_str(&event.data).unwrap();
                    self.text += data["token"].as_str().unwrap();
                    self.last = event.id;
                }
                "message_complete" => is_over = true,
                "close" => is_over |= self.is_back,
                _ => {}
            }
        }
        is_over
    }
}

/// The events of an answer, until it ends or is cut.
async fn open(request: RequestBuilder) -> Pin<Box<dyn Stream<Item = Event>>> {
    let response = request.send().await.unwrap();
    let status = response.status();
    assert!(status.is_success(), "{status}: {}", response.text().await.unwrap());
    let events = response.bytes_stream().eventsource();
    Box::pin(events.take_while(|event| std::future::ready(event.is_ok())).map(Result::unwrap))
}
