//! What ties the log lines of one request together, in this process and in the siblings that it asks. Kept with the task that
//! serves the request, so that nobody has to hand it on.

use std::future::Future;

use actix_web::dev::ServiceRequest;

use super::RequestId;

/// The header of a distributed trace (W3C Trace Context §3.2).
const TRACEPARENT: &str = "traceparent";
const LENGTH: usize = 55;

tokio::task_local! {
    static CURRENT: Trace;
}

/// A request's id and, if its client traces it, its place in that trace.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    id: RequestId,
    parent: Option<String>,
}

impl Trace {
    /// That of a request.
    pub(super) fn of(request: &ServiceRequest, id: RequestId) -> Self {
        let given = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
        Self { id, parent: given.filter(|text| is_well_formed(text)).map(str::to_owned) }
    }

    /// Does what serves the request.
    pub(super) async fn follow<W: Future>(self, work: W) -> W::Output {
        CURRENT.scope(self, work).await
    }

    /// What a sibling is told by who serves a request; nothing in the background.
    pub(crate) fn headers() -> Vec<(&'static str, String)> {
        let headers = |trace: &Self| {
            let id = Some((RequestId::HEADER, trace.id.as_str().to_owned()));
            // We add no span of our own, so that the client's goes on unchanged.
            let parent = trace.parent.clone().map(|parent| (TRACEPARENT, parent));
            id.into_iter().chain(parent).collect()
        };
        CURRENT.try_with(headers).unwrap_or_default()
    }
}

/// `00-<32 digits>-<16 digits>-<2 digits>`, in lower case.
fn is_well_formed(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    let is_digit =
        |byte: u8| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == LENGTH && parts == [2, 32, 16, 2] && text.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_trace_is_handed_on() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert!(is_well_formed(good));
        for bad in ["", &good[1..], &good.to_uppercase(), &good.replace('-', "_")] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }
}
