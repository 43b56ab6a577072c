use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt, unfold};

/// Events until the session of whoever listens is revoked; `farewell` is then the last that they are told.
pub fn until_revoked(
    events: impl Stream<Item = Bytes>,
    revoked: impl Future<Output = ()>,
    farewell: Bytes,
) -> impl Stream<Item = Bytes> {
    let listening = Some((Box::pin(events), Box::pin(revoked), farewell));
    unfold(listening, async |listening| {
        let (mut events, mut revoked, farewell) = listening?;
        tokio::select! {
            biased;
            () = &mut revoked => Some((farewell, None)),
            event = events.next() => Some((event?, Some((events, revoked, farewell)))),
        }
    })
}
