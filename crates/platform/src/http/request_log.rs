//! One line a request: what was asked, by whom, how it ended, how long it took. Never a query string. It is counted, too.

use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use super::RequestId;
use crate::Instance;

/// Opens a request's span and writes its line.
pub struct RequestLog;

#[derive(Clone, Copy)]
struct Arrival(Instant);

impl RootSpanBuilder for RequestLog {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = match request.app_data::<Data<Instance>>() {
            Some(instance) => RequestId::assign(request, &instance.ids),
            None => RequestId::of(request.request()),
        };
        request.extensions_mut().insert(Arrival(Instant::now()));
        tracing::info_span!("request", request_id = id.as_str(), user_id = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let response = match outcome {
            Ok(response) => response,
            // Refused at the edge, or panicked: what was asked is gone.
            Err(error) => {
                let status = error.as_response_error().status_code().as_u16();
                span.in_scope(|| match status {
                    500.. => tracing::error!(status, "answered"),
                    _ => tracing::info!(status, "answered"),
                });
                return;
            }
        };
        let request = response.request();
        let took = request
            .extensions()
            .get::<Arrival>()
            .map_or(Duration::ZERO, |arrival| arrival.0.elapsed());
        let milliseconds = took.as_millis();
        let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
        let (method, status) = (request.method().as_str(), response.status().as_u16());
        if let Some(instance) = request.app_data::<Data<Instance>>() {
            instance.metrics.answered(method, &route, status, took);
        }
        span.in_scope(|| match status {
            500.. => tracing::error!(method, route, status, milliseconds, "answered"),
            _ => tracing::info!(method, route, status, milliseconds, "answered"),
        });
    }
}
