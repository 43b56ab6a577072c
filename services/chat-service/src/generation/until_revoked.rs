use bytes::Bytes;
use common::MessageId;
use futures_util::stream::{Stream, StreamExt, unfold};

use super::frames;

/// A reply's events until the session of whoever listens is revoked, which is then the last that they are told. The reply
/// itself goes on.
pub fn until_revoked(
    message: MessageId,
    events: impl Stream<Item = Bytes>,
    revoked: impl Future<Output = ()>,
) -> impl Stream<Item = Bytes> {
    let listening = Some((Box::pin(events), Box::pin(revoked)));
    unfold(listening, move |listening| async move {
        let (mut events, mut revoked) = listening?;
        tokio::select! {
            biased;
            () = &mut revoked => Some((frames::session_revoked(message), None)),
            event = events.next() => Some((event?, Some((events, revoked)))),
        }
    })
}
