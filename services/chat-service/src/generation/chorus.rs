use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt, once, select_all};

use super::{Reply, frames};

/// The events of several replies as they come, each from its beginning to its end, and one `close` after all. Of one reply alone
/// they are its own events.
pub fn together(replies: Vec<Arc<Reply>>) -> impl Stream<Item = Bytes> {
    let close = once(async { frames::close(None) });
    select_all(replies.into_iter().map(|reply| Box::pin(reply.unclosed_events()))).chain(close)
}
