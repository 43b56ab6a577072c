//! A stream of bytes, cut into lines: the framing that events and JSON lines stand on. It is bounded, whatever the other
//! end sends, and takes time in proportion to the bytes, however they are cut.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_util::stream::{Stream, StreamExt};
use memchr::{memchr, memchr_iter};

use super::super::{ProviderError, ProviderErrorKind};
use super::body::ByteStream;

/// The largest event that is read, with all that frames it.
pub(super) const MAX_EVENT: usize = 1024 * 1024;
/// The largest stream that is read.
pub(super) const MAX_STREAM: usize = 64 * 1024 * 1024;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Where an event ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventEnd {
    /// With each line.
    Line,
    /// With a blank line.
    BlankLine,
}

/// The lines of a stream, each with its LF, whichever of LF, CR and CR LF it ended in; the last may have none. They are
/// UTF-8, the first has no byte order mark, and a blank one is there only if it ends an event, mostly together with the line
/// before it.
pub(super) struct Lines {
    chunks: ByteStream,
    event_end: EventEnd,
    /// What has come and not been looked at.
    rest: Bytes,
    /// The beginning of a line whose end has not come.
    begun: Vec<u8>,
    /// How long the event is so far, without `begun`.
    event: usize,
    total: usize,
    after_cr: bool,
    is_first: bool,
    is_over: bool,
}

impl Lines {
    pub(super) fn new(chunks: ByteStream, event_end: EventEnd) -> Self {
        Self {
            chunks,
            event_end,
            rest: Bytes::new(),
            begun: Vec::new(),
            event: 0,
            total: 0,
            after_cr: false,
            is_first: true,
            is_over: false,
        }
    }

    fn skip_blank(&mut self) {
        if self.event == 0 && self.begun.is_empty() {
            let blank = self.rest.iter().take_while(|byte| **byte == b'\n').count();
            self.rest.advance(blank);
        }
    }

    /// The next line of what has come, if its end has come.
    fn next_line(&mut self) -> Result<Option<Bytes>, ProviderError> {
        let end = memchr(b'\n', &self.rest).map(|end| self.after_blank(end + 1));
        let piece = self.rest.split_to(end.unwrap_or(self.rest.len()));
        if self.event + self.begun.len() + piece.len() > MAX_EVENT {
            return Err(broken("an event without end"));
        }
        if end.is_some() && self.begun.is_empty() {
            return self.line(piece).map(Some);
        }
        self.begun.extend_from_slice(&piece);
        if end.is_none() {
            return Ok(None);
        }
        let line = std::mem::take(&mut self.begun);
        self.line(line.into()).map(Some)
    }

    /// The end of a line that ends here, or of the blank one after it.
    fn after_blank(&self, end: usize) -> usize {
        let is_blank = self.event_end == EventEnd::BlankLine && self.rest.get(end) == Some(&b'\n');
        if is_blank { end + 1 } else { end }
    }

    fn line(&mut self, mut line: Bytes) -> Result<Bytes, ProviderError> {
        let is_end = self.event_end == EventEnd::Line || is_blank_after(&line);
        self.event = if is_end { 0 } else { self.event + line.len() };
        if std::mem::take(&mut self.is_first) {
            while line.starts_with(BOM) {
                line.advance(BOM.len());
            }
        }
        std::str::from_utf8(&line).map_err(|_| broken("not UTF-8"))?;
        Ok(line)
    }

    fn take(&mut self, chunk: Bytes) -> Result<(), ProviderError> {
        self.total += chunk.len();
        if self.total > MAX_STREAM {
            return Err(broken("a stream without end"));
        }
        self.rest = self.with_lf(chunk);
        Ok(())
    }

    /// The chunk with each CR and CR LF as LF.
    fn with_lf(&mut self, mut chunk: Bytes) -> Bytes {
        if self.after_cr && chunk.first() == Some(&b'\n') {
            chunk.advance(1);
        }
        if chunk.is_empty() {
            return chunk;
        }
        self.after_cr = chunk.last() == Some(&b'\r');
        if memchr(b'\r', &chunk).is_none() {
            return chunk;
        }
        let (mut text, mut copied) = (Vec::with_capacity(chunk.len()), 0);
        for cr in memchr_iter(b'\r', &chunk) {
            text.extend_from_slice(&chunk[copied..cr]);
            text.push(b'\n');
            copied = if chunk.get(cr + 1) == Some(&b'\n') { cr + 2 } else { cr + 1 };
        }
        text.extend_from_slice(&chunk[copied..]);
        text.into()
    }
}

impl Stream for Lines {
    type Item = Result<Bytes, ProviderError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let lines = self.get_mut();
        loop {
            if lines.is_over {
                return Poll::Ready(None);
            }
            lines.skip_blank();
            if !lines.rest.is_empty()
                && let Some(line) = lines.next_line().transpose()
            {
                lines.is_over = line.is_err();
                return Poll::Ready(Some(line));
            }
            let taken = match ready!(lines.chunks.poll_next_unpin(context)) {
                Some(chunk) => chunk.and_then(|chunk| lines.take(chunk)),
                None => {
                    lines.is_over = true;
                    let last = std::mem::take(&mut lines.begun);
                    return Poll::Ready((!last.is_empty()).then(|| lines.line(last.into())));
                }
            };
            if let Err(error) = taken {
                lines.is_over = true;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

/// Whether a line is blank, or the blank one came with it.
pub(super) fn is_blank_after(line: &[u8]) -> bool {
    line == b"\n" || line.ends_with(b"\n\n")
}

fn broken(cause: &str) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Protocol).because(cause)
}
