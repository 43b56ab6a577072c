//! Server-sent events, the incoming side.

use bytes::Bytes;
use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::future;
use futures_util::stream::{Stream, StreamExt, TryStreamExt};

use super::super::{ProviderError, ProviderErrorKind};
use super::body::ByteStream;
use super::decoder::Frame;
use super::lines::{EventEnd, Lines, is_blank_after};

/// The events of a stream.
///
/// The parser gets one line at a time: of several it would copy, for each, all those that follow. Only fields that formats
/// use reach it, since it copies the last `id` into every event. It would also panic at a byte order mark, and lose an event
/// that ends in CR at the end of the stream.
pub(super) fn events(
    bytes: ByteStream,
) -> impl Stream<Item = Result<Frame, ProviderError>> + Unpin {
    Lines::new(bytes, EventEnd::BlankLine)
        .try_filter_map(|line| future::ready(Ok(of_use(line))))
        .eventsource()
        .map(|event| {
            let event = event.map_err(broken)?;
            Ok(Frame { name: event.event, data: event.data })
        })
}

fn of_use(line: Bytes) -> Option<Bytes> {
    if line.starts_with(b"data") || line.starts_with(b"event") {
        return Some(line);
    }
    is_blank_after(&line).then_some(Bytes::from_static(b"\n"))
}

fn broken(error: EventStreamError<ProviderError>) -> ProviderError {
    let cause = match error {
        EventStreamError::Transport(error) => return error,
        EventStreamError::Utf8(_) => "not UTF-8",
        EventStreamError::Parser(_) => "not server-sent events",
    };
    ProviderError::new(ProviderErrorKind::Protocol).because(cause)
}
