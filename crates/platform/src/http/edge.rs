//! The outermost layer around every request: the gateway's spellings of a path, the body's deadline, panics, and the
//! envelope of whatever failed inside, or OpenAI's form of it.

use std::future::Future;
use std::io::ErrorKind;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use actix_web::http::uri::Uri;
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use futures_util::{FutureExt, Stream};
use tokio::time::Sleep;

use super::connections::Connections;
use super::endpoints::is_internal;
use super::openai::is_openai;
use super::{AppError, RequestId, Trace, security_headers};
use crate::Instance;

/// Which spellings of a path are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paths {
    /// As they stand in the contract: a service behind a gateway.
    Bare,
    /// Also under `/api`, and also with a trailing slash: a process that is its own gateway.
    Gateway,
}

/// What the edge needs to know.
pub(super) struct EdgeSettings {
    pub(super) paths: Paths,
    pub(super) body_deadline: Duration,
    /// Whether people reach it over TLS.
    pub(super) is_https: bool,
    pub(super) connections: Connections,
}

pub(super) async fn edge<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let (Some(instance), Some(settings)) = (
        request.app_data::<Data<Instance>>().cloned(),
        request.app_data::<Data<EdgeSettings>>().cloned(),
    ) else {
        return Err(AppError::internal("the edge is not configured").into());
    };
    let id = RequestId::of(request.request());
    if settings.paths == Paths::Gateway {
        rewrite(&mut request);
    }
    limit_body_time(&mut request, settings.body_deadline);
    let (trace, visit) = Trace::begin(&request, id.clone(), &instance.traces);
    let outcome = answer(request, next, &instance, &settings, (id, trace)).await;
    if let Some(visit) = visit {
        visit.end(&outcome);
    }
    outcome
}

/// Has a request served, and dresses what comes of it.
async fn answer<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    instance: &Instance,
    settings: &EdgeSettings,
    (id, trace): (RequestId, Trace),
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let is_hidden =
        settings.paths == Paths::Gateway && is_internal(request.match_info().unprocessed());

    let speaks_openai = is_openai(request.match_info().unprocessed());

    // No clone of the request may live across this call: routing would panic.
    let outcome = if is_hidden {
        Ok(Err(AppError::not_found().into()))
    } else {
        AssertUnwindSafe(trace.follow(next.call(request))).catch_unwind().await
    };
    let dress = |head: &mut ResponseHead| {
        id.put_into(&mut head.headers);
        security_headers::add(&mut head.headers, settings.is_https);
        if settings.connections.are_to_end() {
            head.set_connection_type(ConnectionType::Close);
        }
    };
    let render = |error: AppError| {
        error.log(Some(&id));
        let mut rendered = if speaks_openai {
            error.error_response_with(error.status_in_openais_form(), &error.in_openais_form())
        } else {
            let envelope = error.envelope(instance.clock.now(), id.as_str());
            error.error_response_with(error.status_code(), &envelope)
        };
        dress(rendered.head_mut());
        rendered
    };
    let mut response = match outcome {
        Ok(Ok(response)) if response.status().as_u16() < 400 => response.map_into_left_body(),
        Ok(Ok(response)) => {
            let (request, failed) = response.into_parts();
            let error = take_app_error(&failed);
            let mut rendered = render(error);
            for (name, value) in failed.headers() {
                if name != CONTENT_TYPE && name != CONTENT_LENGTH {
                    rendered.headers_mut().insert(name.clone(), value.clone());
                }
            }
            ServiceResponse::new(request, rendered).map_into_right_body()
        }
        Ok(Err(error)) => return Err(Rendered(render(AppError::of_error(&error))).into()),
        Err(_) => {
            let error = AppError::internal("a handler panicked");
            return Err(Rendered(render(error)).into());
        }
    };
    dress(response.response_mut().head_mut());
    Ok(response)
}

/// The error behind a response: ours as it is, another's by its status.
fn take_app_error<B>(response: &HttpResponse<B>) -> AppError {
    response.error().map_or_else(|| AppError::of_status(response.status()), AppError::of_error)
}

/// An answer that is written already, on its way through a path that takes errors only.
struct Rendered(HttpResponse);

impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "answered {}", self.0.status())
    }
}

impl std::fmt::Display for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "answered {}", self.0.status())
    }
}

impl From<Rendered> for Error {
    fn from(rendered: Rendered) -> Self {
        actix_web::error::InternalError::from_response("rendered", rendered.0).into()
    }
}

impl AppError {
    fn of_error(error: &Error) -> Self {
        match error.as_error::<Self>() {
            Some(ours) => ours.clone(),
            None => Self::of_status(error.as_response_error().status_code()),
        }
    }

    fn error_response_with(
        &self,
        status: StatusCode,
        body: &impl serde::Serialize,
    ) -> HttpResponse {
        let head = self.error_response();
        let mut response = HttpResponse::build(status);
        for header in head.headers() {
            response.insert_header(header);
        }
        response.json(body)
    }
}

/// `/api/projects/` → `/projects`. Below `/docs/` a trailing slash means something.
fn rewrite(request: &mut ServiceRequest) {
    let path = request.uri().path();
    let bare = match path.strip_prefix("/api") {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    };
    let trimmed = if bare.starts_with("/docs/") { bare } else { bare.trim_end_matches('/') };
    let wanted = if trimmed.is_empty() { "/" } else { trimmed };
    if wanted == path {
        return;
    }
    let text = match request.uri().query() {
        Some(query) => format!("{wanted}?{query}"),
        None => wanted.to_owned(),
    };
    if let Ok(uri) = text.parse::<Uri>() {
        // Both, or the extractors see the old path.
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}

fn limit_body_time(request: &mut ServiceRequest, limit: Duration) {
    let has_body = request.headers().contains_key(TRANSFER_ENCODING)
        || request.headers().get(CONTENT_LENGTH).is_some_and(|length| length != "0");
    if has_body {
        let inner = request.take_payload();
        let deadline = Box::pin(tokio::time::sleep(limit));
        let timed = TimedBody { inner, deadline, fresh: 0 };
        request.set_payload(Payload::Stream { payload: Box::pin(timed) });
    }
}

/// How many bytes of a body earn it a second more, so that a large one can be sent, and none can be dripped.
const BYTES_PER_SECOND: usize = 64 * 1024;

/// A body that must be there in time, and large ones at a pace; actix-web itself waits for ever.
struct TimedBody {
    inner: Payload,
    deadline: Pin<Box<Sleep>>,
    /// Bytes that have not yet earned their second.
    fresh: usize,
}

impl TimedBody {
    fn earn(&mut self, bytes: usize) {
        let seen = self.fresh + bytes;
        self.fresh = seen % BYTES_PER_SECOND;
        let earned = Duration::from_secs((seen / BYTES_PER_SECOND) as u64);
        let deadline = self.deadline.deadline() + earned;
        self.deadline.as_mut().reset(deadline);
    }
}

impl Stream for TimedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(item) = Pin::new(&mut self.inner).poll_next(context) {
            if let Some(Ok(bytes)) = &item {
                self.earn(bytes.len());
            }
            return Poll::Ready(item);
        }
        self.deadline
            .as_mut()
            .poll(context)
            .map(|()| Some(Err(PayloadError::Io(ErrorKind::TimedOut.into()))))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    /// How many bytes of a body arrive of which one such piece comes each second, for as many seconds; with a deadline of ten.
    async fn arrived(piece: usize, seconds: usize) -> usize {
        let pieces = futures_util::stream::unfold(0, move |n| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            (n < seconds).then(|| (Ok(Bytes::from(vec![0; piece])), n + 1))
        });
        let inner: Payload = Payload::Stream { payload: Box::pin(pieces) };
        let deadline = Box::pin(tokio::time::sleep(Duration::from_secs(10)));
        let body = TimedBody { inner, deadline, fresh: 0 };
        body.map(|piece| piece.map_or(0, |bytes| bytes.len()))
            .take(seconds)
            .fold(0, async |a, b| a + b)
            .await
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_be_large_and_none_may_be_dripped() {
        assert_eq!(arrived(100_000, 60).await, 6_000_000);
        assert!(arrived(1_000, 60).await < 12_000);
    }

    #[test]
    fn a_status_alone_has_its_code() {
        for status in [400, 404, 405, 408, 413, 415, 431, 500, 503] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(AppError::of_status(status).status_code(), status);
        }
    }
}
