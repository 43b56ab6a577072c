use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt, once, select_all};

use super::frames;

/// The unclosed events of several replies as they come, each from its beginning to its end, and one `close` after all.
pub fn together(replies: Vec<BoxStream<'static, Bytes>>) -> impl Stream<Item = Bytes> {
    let close = once(async { frames::close(None) });
    select_all(replies).chain(close)
}
