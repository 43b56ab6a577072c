//! What each part of a request took, for a collector of traces (OpenTelemetry over OTLP). Nothing of it runs without one.
//!
//! Steps are few and made by hand, and a step has what is noted of it and nothing else: what is logged may be anything, and
//! is for the operator's own machine.

mod export;

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span as _, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span};

use crate::http::Trace;
use crate::settings::{Settings, SettingsError, TelemetrySettings};

/// The header of a distributed trace (W3C Trace Context §3.2).
pub(crate) const TRACEPARENT: &str = "traceparent";

/// How long the collector may take to get what is left when the process stops.
const FLUSH: Duration = Duration::from_secs(2);

/// Where a process tells what its steps took; its clones tell the same collector.
#[derive(Clone)]
pub struct Traces(Option<SdkTracerProvider>);

/// Who a step waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It answers a request.
    Serves,
    /// It waits for somebody else's answer.
    Asks,
}

/// One step of what is served: it takes until it is dropped.
pub struct Step(Option<Span>);

impl Traces {
    /// Steps for the collector that the settings name, if they do.
    ///
    /// # Errors
    /// A setting is wrong.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let telemetry: TelemetrySettings = settings.section("telemetry")?;
        if telemetry.otlp_endpoint.is_empty() {
            return Ok(Self(None));
        }
        export::provider(&telemetry).map(|provider| Self(Some(provider)))
    }

    /// Begins a step of what this task serves, under the step before it.
    pub fn step(&self, side: Side, name: impl Into<Cow<'static, str>>) -> Step {
        self.step_under(Trace::parent().as_deref(), side, name)
    }

    /// Begins a step under what a `traceparent` names.
    pub(crate) fn step_under(
        &self,
        parent: Option<&str>,
        side: Side,
        name: impl Into<Cow<'static, str>>,
    ) -> Step {
        let Some(provider) = &self.0 else { return Step(None) };
        let given: HashMap<String, String> =
            parent.map(|parent| (TRACEPARENT.to_owned(), parent.to_owned())).into_iter().collect();
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &given);
        let tracer = provider.tracer("omnichat");
        let kind = match side {
            Side::Serves => SpanKind::Server,
            Side::Asks => SpanKind::Client,
        };
        Step(Some(tracer.span_builder(name).with_kind(kind).start_with_context(&tracer, &parent)))
    }

    /// Sends what is left, if the collector takes it in time.
    pub(crate) async fn close(&self) {
        let Some(provider) = self.0.clone() else { return };
        let closing = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH));
        if !matches!(closing.await, Ok(Ok(()))) {
            tracing::warn!("the collector of traces did not take the last ones");
        }
    }
}

impl Step {
    /// Notes something of it. Never what a person has written, or a credential.
    pub fn note(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new(key, value));
        }
    }

    /// Says that it failed, and by which code.
    pub fn failed(&mut self, code: &'static str) {
        self.note("error.type", code);
        if let Some(span) = &mut self.0 {
            span.set_status(Status::error(""));
        }
    }

    /// Names it, now that its name is known.
    pub(crate) fn rename(&mut self, name: String) {
        if let Some(span) = &mut self.0 {
            span.update_name(name);
        }
    }

    /// What is told to whom it asks, so that their steps come under it.
    pub(crate) fn traceparent(&self) -> Option<String> {
        let span = self.0.as_ref()?;
        let context = Context::new().with_remote_span_context(span.span_context().clone());
        let mut told = HashMap::new();
        TraceContextPropagator::new().inject_context(&context, &mut told);
        told.remove(TRACEPARENT)
    }
}
