//! From a stream's events to deltas, the same way for every format.

use std::collections::VecDeque;

use eventsource_stream::Event as SseEvent;
use futures_util::stream::{self, Stream, StreamExt};
use reqwest::Response;

use super::super::{Delta, DeltaStream, ProviderError, ProviderErrorKind};
use super::sse;

/// One event of a stream.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Its name; `message` if it has none.
    pub name: &'a str,
    /// What it says.
    pub data: &'a str,
}

/// How a format is read.
pub trait Decoder: Send + 'static {
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

/// The deltas of an answer of server-sent events.
pub(in super::super) fn deltas_of_events(response: Response, decoder: impl Decoder) -> DeltaStream {
    deltas(sse::events(response), decoder)
}

/// The deltas of one body that is JSON, in place of the stream that was asked for.
pub(in super::super) async fn deltas_of_whole(
    response: Response,
    mut decoder: impl Decoder,
) -> Result<DeltaStream, ProviderError> {
    let bytes = sse::bounded_body(response, sse::MAX_STREAM).await?;
    let (mut deltas, data) = (VecDeque::new(), String::from_utf8_lossy(&bytes));
    decoder.decode(Event { name: "message", data: &data }, &mut deltas)?;
    Ok(stream::iter(deltas).map(Ok).boxed())
}

/// A stream in the middle of being read.
struct Reading<S, D> {
    events: S,
    decoder: D,
    ready: VecDeque<Delta>,
    is_over: bool,
}

pub(super) fn deltas<S, D>(events: S, decoder: D) -> DeltaStream
where
    S: Stream<Item = Result<SseEvent, ProviderError>> + Send + 'static,
    D: Decoder,
{
    let (events, ready) = (events.boxed(), VecDeque::new());
    let reading = Reading { events, decoder, ready, is_over: false };
    stream::try_unfold(reading, |mut reading| async move {
        loop {
            if let Some(delta) = reading.ready.pop_front() {
                return Ok(Some((delta, reading)));
            }
            if reading.is_over {
                return Ok(None);
            }
            match reading.events.next().await {
                Some(event) => {
                    let event = event?;
                    let event = Event { name: &event.event, data: &event.data };
                    reading.is_over = reading.decoder.decode(event, &mut reading.ready)?;
                }
                None if reading.decoder.is_whole() => return Ok(None),
                None => return Err(ProviderError::new(ProviderErrorKind::Truncated)),
            }
        }
    })
    .boxed()
}
