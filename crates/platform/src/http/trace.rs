//! What ties together what is done for one request: its id, and its place in a trace, in this process and in the siblings that
//! it asks. Kept with the task that serves the request and with those that it starts, so that nobody has to hand it on.

use std::future::Future;

use actix_web::Error;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use futures_util::future::Either;

use super::RequestId;
use crate::traces::{Side, Step, TRACEPARENT, Traces};

const LENGTH: usize = 55;

tokio::task_local! {
    static CURRENT: Trace;
}

/// A request's id and, if it is traced here or by its client, its place in that trace.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    id: RequestId,
    parent: Option<String>,
}

/// A request's step in its trace.
pub(super) struct Visit {
    method: &'static str,
    step: Step,
}

impl Trace {
    /// That of a request, which becomes a step of it unless it is a probe.
    pub(super) fn begin(
        request: &ServiceRequest,
        id: RequestId,
        traces: &Traces,
    ) -> (Self, Option<Visit>) {
        let given = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
        let given = given.filter(|text| is_well_formed(text)).map(str::to_owned);
        if is_probe(request.match_info().unprocessed()) {
            return (Self { id, parent: given }, None);
        }
        let method = known(request.method());
        let mut step = traces.step_under(given.as_deref(), Side::Serves, method);
        step.note("http.request.method", method);
        step.note("omnichat.request_id", id.as_str().to_owned());
        let parent = step.traceparent().or(given);
        (Self { id, parent }, Some(Visit { method, step }))
    }

    /// Does what serves the request.
    pub(super) async fn follow<W: Future>(self, work: W) -> W::Output {
        CURRENT.scope(self, work).await
    }

    /// The same work, as part of what this task serves, whatever task does it.
    pub(crate) fn carried<W: Future>(work: W) -> impl Future<Output = W::Output> {
        match CURRENT.try_with(Self::clone) {
            Ok(current) => Either::Left(CURRENT.scope(current, work)),
            Err(_) => Either::Right(work),
        }
    }

    /// The place in a trace of what this task serves.
    pub(crate) fn parent() -> Option<String> {
        CURRENT.try_with(|trace| trace.parent.clone()).ok().flatten()
    }

    /// What a sibling is told by who serves a request; nothing by what goes on by itself.
    pub(crate) fn headers() -> Vec<(&'static str, String)> {
        let headers = |trace: &Self| {
            let id = Some((RequestId::HEADER, trace.id.as_str().to_owned()));
            let parent = trace.parent.clone().map(|parent| (TRACEPARENT, parent));
            id.into_iter().chain(parent).collect()
        };
        CURRENT.try_with(headers).unwrap_or_default()
    }
}

impl Visit {
    /// The request is answered; what streams may go on.
    pub(super) fn end<B>(mut self, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => {
                if let Some(route) = response.request().match_pattern() {
                    self.step.rename(format!("{} {route}", self.method));
                    self.step.note("http.route", route);
                }
                response.status()
            }
            Err(error) => error.as_response_error().status_code(),
        };
        self.step.note("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            self.step.failed("5xx");
        }
    }
}

/// Whether it is asked every few seconds, and by no person.
fn is_probe(path: &str) -> bool {
    path == "/metrics" || path == "/health" || path.starts_with("/health/")
}

/// A method by its name; what is none of HTTP's could be anything.
fn known(method: &Method) -> &'static str {
    let methods = [
        ("GET", Method::GET),
        ("HEAD", Method::HEAD),
        ("POST", Method::POST),
        ("PUT", Method::PUT),
        ("PATCH", Method::PATCH),
        ("DELETE", Method::DELETE),
        ("OPTIONS", Method::OPTIONS),
    ];
    methods.iter().find(|(_, known)| known == method).map_or("_OTHER", |(name, _)| name)
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
