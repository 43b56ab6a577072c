//! Replies that come as events, from chat-service or straight from a model server.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use memchr::memmem;
use reqwest::{RequestBuilder, Response};
use tokio::time::timeout;

use crate::wait::PATIENCE;

/// How the first token that the model server makes up reads in either format.
pub const FIRST: &str = r#":"all""#;
/// One of these stands in a reply that is whole.
const ENDS: [&str; 2] = ["event: message_complete", "data: [DONE]"];

/// How long a reply took, from the sending of the message.
pub struct Turn {
    pub first: Duration,
    pub whole: Duration,
}

/// A reply that is still being made.
pub struct Open {
    response: Response,
    body: Vec<u8>,
}

/// Hears a whole reply.
pub async fn whole(request: RequestBuilder) -> anyhow::Result<Turn> {
    let asked = Instant::now();
    let mut reply = Open::until(request, FIRST, PATIENCE).await?;
    let first = asked.elapsed();
    while reply.hear().await? {}
    let whole = asked.elapsed();
    anyhow::ensure!(ENDS.iter().any(|end| reply.says(end, 0)), "a reply ended early: {reply:?}");
    Ok(Turn { first, whole })
}

impl Open {
    /// Hears a reply as far as `what`.
    pub async fn until(
        request: RequestBuilder,
        what: &str,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let hear = async {
            let response = request.send().await?;
            let mut reply = Self { response, body: Vec::new() };
            let mut start = 0;
            while !reply.says(what, start) {
                // It may be cut between what has come and what comes.
                start = reply.body.len().saturating_sub(what.len());
                anyhow::ensure!(reply.hear().await?, "no {what} in a reply: {reply:?}");
            }
            Ok(reply)
        };
        timeout(patience, hear).await.with_context(|| format!("{what} is not heard in time"))?
    }

    /// The reply's id, as chat-service tells it.
    pub fn id(&self) -> anyhow::Result<String> {
        let body = String::from_utf8_lossy(&self.body);
        let (_, rest) = body.split_once(r#""messageId":""#).context("no id")?;
        Ok(rest.split('"').next().context("no id")?.to_owned())
    }

    /// Waits for more; whether there was any.
    async fn hear(&mut self) -> anyhow::Result<bool> {
        let chunk = timeout(PATIENCE, self.response.chunk()).await.context("silence")??;
        self.body.extend_from_slice(chunk.as_deref().unwrap_or_default());
        Ok(chunk.is_some())
    }

    /// Whether that stands in it, from there on.
    fn says(&self, what: &str, start: usize) -> bool {
        memmem::find(&self.body[start..], what.as_bytes()).is_some()
    }
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.response.status(), String::from_utf8_lossy(&self.body))
    }
}
