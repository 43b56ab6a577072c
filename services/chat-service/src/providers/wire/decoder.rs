//! From a stream's events to deltas, the same way for every format.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use common::domain::message::FinishReason;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use reqwest::Response;

use super::super::{Delta, DeltaStream, ProviderError, ProviderErrorKind};
use super::body::{self, ByteStream};
use super::{lines, media_type, ndjson, sse};

/// One event of a stream.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Its name; `message` or nothing if it has none.
    pub name: &'a str,
    /// What it says.
    pub data: &'a str,
}

/// How a format is read.
pub trait Decoder: Unpin + Send + 'static {
    /// Takes one event; what it says goes to the end of `deltas`. `true`: the answer is whole, and whatever follows is none
    /// of it.
    ///
    /// # Errors
    /// The event is an error, or nothing that the format knows.
    fn decode(
        &mut self,
        event: Event<'_>,
        deltas: &mut VecDeque<Delta>,
    ) -> Result<bool, ProviderError>;

    /// Whether the answer is whole if nothing follows any more.
    fn is_whole(&self) -> bool;
}

/// How a format tells one event from the next.
#[derive(Debug, Clone, Copy)]
pub enum Framing {
    /// Server-sent events.
    Events,
    /// Lines of JSON.
    Lines,
}

/// An event that has been read.
pub struct Frame {
    /// As in [`Event`].
    pub name: String,
    /// As in [`Event`].
    pub data: String,
}

/// The events of a stream.
pub type FrameStream = BoxStream<'static, Result<Frame, ProviderError>>;

impl Frame {
    pub(super) fn nameless(data: String) -> Self {
        Self { name: String::new(), data }
    }
}

/// The deltas of an answer: of a stream, or of one body that is JSON, as some servers send it in place of the stream that
/// was asked for.
pub async fn deltas(
    response: Response,
    framing: Framing,
    decoder: impl Decoder,
) -> Result<DeltaStream, ProviderError> {
    if media_type(&response) == "application/json" {
        let body = body::bounded(response, lines::MAX_STREAM).await?;
        let whole = Frame::nameless(String::from_utf8_lossy(&body).into_owned());
        return Ok(Deltas::of(stream::iter([Ok(whole)]), decoder));
    }
    check_type(&response, framing)?;
    Ok(read(body::bytes(response), framing, decoder))
}

/// The events of an answer that is a stream.
pub fn frames(response: Response, framing: Framing) -> Result<FrameStream, ProviderError> {
    check_type(&response, framing)?;
    Ok(match framing {
        Framing::Events => sse::events(body::bytes(response)).boxed(),
        Framing::Lines => ndjson::lines(body::bytes(response)).boxed(),
    })
}

/// The deltas of the bytes of a stream.
pub fn read(bytes: ByteStream, framing: Framing, decoder: impl Decoder) -> DeltaStream {
    match framing {
        Framing::Events => Deltas::of(sse::events(bytes), decoder),
        Framing::Lines => Deltas::of(ndjson::lines(bytes), decoder),
    }
}

fn check_type(response: &Response, framing: Framing) -> Result<(), ProviderError> {
    let expected = match framing {
        Framing::Events => "text/event-stream",
        Framing::Lines => "application/x-ndjson",
    };
    if media_type(response) == expected {
        return Ok(());
    }
    Err(ProviderError::new(ProviderErrorKind::Protocol).because("neither a stream nor JSON"))
}

/// A stream in the middle of being read.
struct Deltas<S, D> {
    frames: S,
    decoder: D,
    ready: VecDeque<Delta>,
    /// Whether there was anything for a person to see.
    has_shown: bool,
    /// How it ends, once all that is ready has been given.
    end: Option<Result<(), ProviderError>>,
}

impl<S, D> Deltas<S, D>
where
    S: Stream<Item = Result<Frame, ProviderError>> + Unpin + Send + 'static,
    D: Decoder,
{
    fn of(frames: S, decoder: D) -> DeltaStream {
        Self { frames, decoder, ready: VecDeque::new(), has_shown: false, end: None }.boxed()
    }

    fn decode(&mut self, frame: Option<Result<Frame, ProviderError>>) {
        let is_over = match frame {
            Some(Ok(frame)) => {
                let event = Event { name: &frame.name, data: &frame.data };
                self.decoder.decode(event, &mut self.ready)
            }
            Some(Err(error)) => Err(error),
            None if self.decoder.is_whole() => Ok(true),
            None => Err(ProviderError::new(ProviderErrorKind::Truncated)),
        };
        self.end = match is_over {
            Ok(false) => None,
            Ok(true) => Some(Ok(())),
            Err(error) => Some(Err(error)),
        };
    }

    /// An answer that is refused before its first word is no answer.
    fn show(&mut self, delta: Delta) -> Result<Delta, ProviderError> {
        match delta {
            Delta::Text(_) | Delta::Reasoning(_) | Delta::ToolCall(_) => self.has_shown = true,
            Delta::Finish(FinishReason::ContentFilter) if !self.has_shown => {
                self.ready.clear();
                self.end = Some(Ok(()));
                return Err(ProviderError::new(ProviderErrorKind::ContentFiltered));
            }
            Delta::Finish(_) | Delta::Usage(_) => {}
        }
        Ok(delta)
    }
}

impl<S, D> Stream for Deltas<S, D>
where
    S: Stream<Item = Result<Frame, ProviderError>> + Unpin + Send + 'static,
    D: Decoder,
{
    type Item = Result<Delta, ProviderError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let deltas = self.get_mut();
        loop {
            if let Some(delta) = deltas.ready.pop_front() {
                return Poll::Ready(Some(deltas.show(delta)));
            }
            if let Some(end) = &mut deltas.end {
                return Poll::Ready(std::mem::replace(end, Ok(())).err().map(Err));
            }
            let frame = ready!(deltas.frames.poll_next_unpin(context));
            deltas.decode(frame);
        }
    }
}
