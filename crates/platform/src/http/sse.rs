//! Server-sent events (WHATWG HTML §9.2), the outgoing side: headers, form and heartbeats. What the events say is the
//! service's.

use std::convert::Infallible;
use std::fmt::Display;
use std::io::Write as _;
use std::time::Duration;

use actix_web::http::header::{ACCEPT, CACHE_CONTROL};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{Stream, StreamExt, unfold};
use serde::Serialize;
use tokio::time::{Instant, sleep};

/// After so much silence a comment says that the stream is alive: proxies cut silent connections, and a client that has
/// left is noticed when something is written.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How many bytes most events have at most.
const USUAL: usize = 256;

/// An answer that streams `events`, each of them complete with its blank line.
pub fn event_stream(events: impl Stream<Item = Bytes> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-cache, no-transform"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(with_heartbeats(events, HEARTBEAT).map(Ok::<_, Infallible>))
}

/// An event as it stands on the wire: name, id, one line of JSON, a blank line. JSON escapes every line break, so that no text
/// can forge an event.
pub fn event(name: &str, id: Option<&dyn Display>, data: &impl Serialize) -> Bytes {
    let mut bytes = Vec::with_capacity(USUAL);
    let _always_ok = writeln!(bytes, "event: {name}");
    if let Some(id) = id {
        let _always_ok = writeln!(bytes, "id: {id}");
    }
    with_data(bytes, data)
}

/// The same, with neither name nor id.
pub fn nameless_event(data: &impl Serialize) -> Bytes {
    with_data(Vec::with_capacity(USUAL), data)
}

/// An event that has begun, with its data and its end.
fn with_data(mut bytes: Vec<u8>, data: &impl Serialize) -> Bytes {
    bytes.extend_from_slice(b"data: ");
    // Writing our own plain structures into memory cannot fail.
    let _always_ok = serde_json::to_writer(&mut bytes, data);
    bytes.extend_from_slice(b"\n\n");
    bytes.into()
}

/// Whether the client would rather have events than JSON (RFC 9110 §12.5.1, without specificity).
pub fn prefers_event_stream(request: &HttpRequest) -> bool {
    let accept =
        request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let weight_of = |wanted: &[&str]| {
        accept
            .split(',')
            .filter_map(|range| {
                let mut parts = range.split(';').map(str::trim);
                let name = parts.next()?;
                let weight = parts
                    .find_map(|part| part.strip_prefix("q="))
                    .map_or(Some(1.0), |q| q.parse().ok())?;
                wanted.contains(&name).then_some(weight)
            })
            .fold(0.0_f32, f32::max)
    };
    weight_of(&["text/event-stream"]) > weight_of(&["application/json", "application/*"])
}

fn with_heartbeats(
    events: impl Stream<Item = Bytes>,
    pause: Duration,
) -> impl Stream<Item = Bytes> {
    // One clock for the whole stream: to put it off costs next to nothing, a new one for each event would.
    let silence = Box::pin(sleep(pause));
    unfold((Box::pin(events), silence), move |(mut events, mut silence)| async move {
        let event = tokio::select! {
            biased;
            event = events.next() => event?,
            () = &mut silence => Bytes::from_static(b": keep-alive\n\n"),
        };
        silence.as_mut().reset(Instant::now() + pause);
        Some((event, (events, silence)))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_accept_header_decides_between_json_and_events() {
        let prefers = |accept: &str| {
            prefers_event_stream(
                &TestRequest::default().insert_header((ACCEPT, accept)).to_http_request(),
            )
        };
        assert!(prefers("text/event-stream"));
        assert!(prefers("application/json;q=0.5, text/event-stream"));
        assert!(!prefers("application/json, text/event-stream"));
        assert!(!prefers("text/event-stream;q=0"));
        assert!(!prefers("*/*"));
        assert!(!prefers_event_stream(&TestRequest::default().to_http_request()));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_filled_with_comments() {
        let events = futures_util::stream::once(async {
            sleep(Duration::from_secs(40)).await;
            Bytes::from_static(b"data: x\n\n")
        });
        let seen: Vec<_> = with_heartbeats(events, HEARTBEAT).collect().await;
        assert_eq!(seen, [&b": keep-alive\n\n"[..], b": keep-alive\n\n", b"data: x\n\n"]);
    }
}
