//! JSON objects, one a line, the incoming side.

use bytes::Bytes;
use futures_util::future;
use futures_util::stream::{Stream, TryStreamExt};
use serde::de::IgnoredAny;

use super::super::ProviderError;
use super::body::ByteStream;
use super::decoder::Frame;
use super::lines::{EventEnd, Lines};

/// The lines of a stream that say something. The last is none of them if the stream was cut in its middle.
pub(super) fn lines(bytes: ByteStream) -> impl Stream<Item = Result<Frame, ProviderError>> + Unpin {
    Lines::new(bytes, EventEnd::Line)
        .try_filter(|line| future::ready(is_whole(line)))
        .map_ok(|line| Frame::nameless(String::from_utf8_lossy(&line).into_owned()))
}

fn is_whole(line: &Bytes) -> bool {
    let is_whole = || line.ends_with(b"\n") || serde_json::from_slice::<IgnoredAny>(line).is_ok();
    !line.trim_ascii().is_empty() && is_whole()
}
