//! A client of a reply, and what it saw: the checker's second witness.

use std::time::{Duration, Instant};

use eventsource_stream::{Event, Eventsource};
use futures_util::StreamExt;
use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use tokio::time::timeout;

/// A stream has a comment every 15 seconds.
const SILENCE: Duration = Duration::from_secs(60);

/// A send, as its client saw it.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// What was said, or is to be answered once more.
    pub question: String,
    /// The ids, once the client was told: from then on it counts as stored.
    pub user_message: Option<String>,
    pub reply: Option<String>,
    /// Whether the client was told that it is not to be, so that it must not be stored.
    pub is_refused: bool,
    /// What came of the reply.
    pub text: String,
    /// How it ended, if the client was told: a finish reason, or an error's code.
    pub end: Option<Result<String, String>>,
    /// When the process that made the reply was killed, if it was.
    pub cut: Option<Instant>,
    /// The id of the last event, to go on from.
    pub last_event: String,
    /// How many bytes of text there were at which time.
    pieces: Vec<(Instant, usize)>,
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// All of it came.
    Whole,
    /// The connection broke, in this way.
    Broken(String),
    /// No.
    Refused { status: u16, code: String, retry_after: bool },
}

impl Sent {
    pub fn new(question: String) -> Self {
        Self { question, ..Self::default() }
    }

    /// How many bytes of text had come by then.
    pub fn seen_at(&self, time: Instant) -> usize {
        self.pieces.iter().rfind(|(at, _)| *at <= time).map_or(0, |(_, size)| *size)
    }

    /// When each piece of text came.
    pub fn times(&self) -> impl Iterator<Item = Instant> {
        self.pieces.iter().map(|(at, _)| *at)
    }

    /// Makes a request, and takes down what comes.
    pub async fn ask(&mut self, request: RequestBuilder) -> Answer {
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Answer::Broken(format!("{error:?}")),
        };
        if response.status().is_success() && is_stream(&response) {
            return self.listen(response).await;
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = match response.json::<Value>().await {
            Ok(answer) => answer,
            Err(error) => return Answer::Broken(format!("{error:?}")),
        };
        if status.is_success() {
            self.read(&answer["data"]);
            return Answer::Whole;
        }
        let code = answer["error"]["code"].as_str().unwrap().to_owned();
        self.is_refused = status.is_client_error();
        let retry_after = headers.contains_key("retry-after");
        Answer::Refused { status: status.as_u16(), code, retry_after }
    }

    /// Takes down what comes of an answer that has begun.
    pub async fn listen(&mut self, response: Response) -> Answer {
        let mut events = response.bytes_stream().eventsource();
        loop {
            match timeout(SILENCE, events.next()).await.expect("not even a comment") {
                Some(Ok(event)) if event.event == "close" => return Answer::Whole,
                Some(Ok(event)) => self.hear(event),
                Some(Err(error)) => return Answer::Broken(format!("{error:?}")),
                None => return Answer::Broken("the stream ended".to_owned()),
            }
        }
    }

    fn hear(&mut self, Event { event, data, id, .. }: Event) {
        let data: Value = serde_json::from_str(&data).unwrap();
        let text = |name: &str| data[name].as_str().unwrap().to_owned();
        match event.as_str() {
            "message_start" => self.learn(text("userMessageId"), text("messageId")),
            "token" => self.take(&text("token")),
            "message_complete" => self.end = Some(Ok(text("finishReason"))),
            "error" => self.end = Some(Err(text("code"))),
            other => panic!("{other}: {data}"),
        }
        self.last_event = id;
    }

    /// Takes down an answer that is no stream.
    fn read(&mut self, data: &Value) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let reply = &data["assistantMessage"];
        self.learn(text(&data["userMessage"]["id"]), text(&reply["id"]));
        self.text.clear();
        self.take(&text(&reply["content"]));
        self.end = Some(Ok(text(&reply["finishReason"])));
    }

    fn take(&mut self, more: &str) {
        self.text.push_str(more);
        self.pieces.push((Instant::now(), self.text.len()));
    }

    /// Whoever asks again hears of the same messages.
    fn learn(&mut self, user_message: String, reply: String) {
        let known = (self.user_message.as_ref(), self.reply.as_ref());
        let is_new = known == (None, None);
        assert!(is_new || known == (Some(&user_message), Some(&reply)), "{self:?}");
        (self.user_message, self.reply) = (Some(user_message), Some(reply));
    }
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}
