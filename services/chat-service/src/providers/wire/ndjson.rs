//! JSON objects, one a line, the incoming side.

use futures_util::future;
use futures_util::stream::{Stream, TryStreamExt};

use super::super::ProviderError;
use super::body::ByteStream;
use super::decoder::Frame;
use super::lines::{EventEnd, Lines};

/// The lines of a stream that say something.
pub(super) fn lines(bytes: ByteStream) -> impl Stream<Item = Result<Frame, ProviderError>> + Unpin {
    Lines::new(bytes, EventEnd::Line)
        .map_ok(|line| Frame::nameless(String::from_utf8_lossy(&line).trim_ascii().to_owned()))
        .try_filter(|line| future::ready(!line.data.is_empty()))
}
