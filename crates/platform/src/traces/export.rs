//! The way to the collector. It has a thread and a bounded queue of its own: a collector that is slow or gone costs steps, and
//! never a request.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::KeyValue;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use secrecy::ExposeSecret;
use tokio::runtime::Handle;

use crate::client::http_client;
use crate::settings::{SettingsError, TelemetrySettings};

/// How long the collector may take to connect, and to take what it is sent.
const CONNECT: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(10);

/// What tells a collector, as the settings say.
pub(super) fn provider(settings: &TelemetrySettings) -> Result<SdkTracerProvider, SettingsError> {
    let malformed = |expected: &str| SettingsError::malformed("telemetry.otlp_endpoint", expected);
    let endpoint = settings.otlp_endpoint.trim_end_matches('/');
    let is_http =
        reqwest::Url::parse(endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !is_http {
        return Err(malformed("the http:// or https:// address of a collector that takes OTLP"));
    }
    if !(0.0..=1.0).contains(&settings.trace_ratio) {
        return Err(SettingsError::malformed("telemetry.trace_ratio", "a number from 0 to 1"));
    }
    let http = http_client(CONNECT).map_err(|_| malformed("CA certificates on this machine"))?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .with_headers(headers(settings)?)
        .with_timeout(PATIENCE)
        .with_http_client(Sender {
            http,
            runtime: Handle::current(),
            failing: AtomicBool::new(false),
        })
        .build()
        .map_err(|_| malformed("the address of a collector that takes OTLP over HTTP"))?;
    let resource = Resource::builder_empty()
        .with_service_name(settings.service.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(
            settings.trace_ratio,
        ))))
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build())
}

/// `name=value,name=value`, as the variable's standard has it.
fn headers(settings: &TelemetrySettings) -> Result<HashMap<String, String>, SettingsError> {
    let pairs = settings.otlp_headers.expose_secret().split(',').filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    pairs
        .map(pair)
        .collect::<Option<_>>()
        .ok_or_else(|| SettingsError::malformed("telemetry.otlp_headers", "name=value,name=value"))
}

/// Sends on the process's runtime, for the exporter's thread has none.
struct Sender {
    http: reqwest::Client,
    runtime: Handle,
    failing: AtomicBool,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let sending = self
            .runtime
            .spawn(async move { tokio::time::timeout(PATIENCE, http.send_bytes(request)).await });
        let outcome = match sending.await {
            Ok(Ok(answer)) => answer.map_err(without_address),
            Ok(Err(elapsed)) => Err(elapsed.into()),
            Err(stopped) => Err(stopped.into()),
        };
        self.tell(&outcome);
        outcome
    }
}

impl Sender {
    /// Says so when the collector begins to fail, and when it is back.
    fn tell(&self, outcome: &Result<Response<Bytes>, HttpError>) {
        let trouble = match outcome {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(answer.status().to_string()),
            Err(error) => Some(error.to_string()),
        };
        let was_failing = self.failing.swap(trouble.is_some(), Ordering::Relaxed);
        match trouble {
            Some(trouble) if !was_failing => {
                tracing::warn!(trouble, "the collector takes no traces");
            }
            None if was_failing => tracing::info!("the collector takes traces again"),
            _ => {}
        }
    }
}

/// The address may have a password in it.
fn without_address(error: HttpError) -> HttpError {
    match error.downcast::<reqwest::Error>() {
        Ok(error) => error.without_url().into(),
        Err(other) => other,
    }
}
