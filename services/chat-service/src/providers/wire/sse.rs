//! Server-sent events, the incoming side: bounded in time and size, whatever the other end sends.

use bytes::Bytes;
use eventsource_stream::{Event, EventStreamError, Eventsource};
use futures_util::stream::{Stream, StreamExt};

use super::super::{ProviderError, ProviderErrorKind};

/// The largest event that is read.
const MAX_EVENT: usize = 1024 * 1024;
/// The largest stream that is read.
pub(super) const MAX_STREAM: usize = 64 * 1024 * 1024;

/// The events of an answer.
pub(super) fn events(
    response: reqwest::Response,
) -> impl Stream<Item = Result<Event, ProviderError>> {
    bounded(response.bytes_stream().map(|chunk| chunk.map_err(transport)))
        .eventsource()
        .map(|event| event.map_err(broken))
}

/// A whole body, if it is no longer than `limit` bytes.
pub(super) async fn bounded_body(
    mut response: reqwest::Response,
    limit: usize,
) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        body.extend_from_slice(&chunk);
        if body.len() > limit {
            return Err(
                ProviderError::new(ProviderErrorKind::Protocol).because("a body without end")
            );
        }
    }
    Ok(body)
}

/// What a failing connection means.
pub(super) fn transport(error: reqwest::Error) -> ProviderError {
    let kind = if error.is_timeout() {
        ProviderErrorKind::TimedOut
    } else if error.is_connect() {
        ProviderErrorKind::Unreachable
    } else if error.is_builder() {
        ProviderErrorKind::BadRequest
    } else {
        ProviderErrorKind::Truncated
    };
    let error = error.without_url();
    let innermost =
        std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source())
            .last();
    ProviderError::new(kind).because(innermost.map(ToString::to_string).unwrap_or_default())
}

fn broken(error: EventStreamError<ProviderError>) -> ProviderError {
    match error {
        EventStreamError::Transport(error) => error,
        EventStreamError::Utf8(_) => {
            ProviderError::new(ProviderErrorKind::Protocol).because("not UTF-8")
        }
        EventStreamError::Parser(_) => {
            ProviderError::new(ProviderErrorKind::Protocol).because("not server-sent events")
        }
    }
}

/// Ends a stream whose events grow without an end: the parser keeps an event until its blank line.
fn bounded(
    chunks: impl Stream<Item = Result<Bytes, ProviderError>>,
) -> impl Stream<Item = Result<Bytes, ProviderError>> {
    let mut total = 0;
    let mut event = EventLength::default();
    chunks.map(move |chunk| {
        let chunk = chunk?;
        total += chunk.len();
        if total > MAX_STREAM || event.after(&chunk) > MAX_EVENT {
            return Err(
                ProviderError::new(ProviderErrorKind::Protocol).because("an event without end")
            );
        }
        Ok(chunk)
    })
}

/// Counts the bytes since the last blank line.
#[derive(Default)]
struct EventLength {
    bytes: usize,
    line: usize,
    after_cr: bool,
}

impl EventLength {
    /// The longest that an event has become in this chunk.
    fn after(&mut self, chunk: &[u8]) -> usize {
        let mut longest = self.bytes;
        for &byte in chunk {
            self.bytes += 1;
            longest = longest.max(self.bytes);
            // CR LF is one end of line.
            let ends_line = byte == b'\r' || (byte == b'\n' && !self.after_cr);
            if ends_line {
                if self.line == 0 {
                    self.bytes = 0;
                }
                self.line = 0;
            } else if byte != b'\n' {
                self.line += 1;
            }
            self.after_cr = byte == b'\r';
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_events_length_ends_with_its_blank_line() {
        for (end, text) in
            [("\n", "a\nb\n\nccc"), ("\r\n", "a\r\nb\r\n\r\nccc"), ("\r", "a\rb\r\rccc")]
        {
            let mut length = EventLength::default();
            for byte in text.bytes() {
                length.after(&[byte]);
            }
            assert_eq!(length.bytes - usize::from(end == "\r\n"), 3, "{end:?}");
        }
    }
}
