//! Reports of errors to a tracker that speaks Sentry's protocol: what is logged as an error, and nothing else. No request, no
//! header, no body, no address and no user is in one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use secrecy::ExposeSecret;
use sentry::integrations::tracing::ErrorLayer;
use sentry::protocol::Event;
use sentry::transports::ReqwestHttpTransportOptions;
use sentry::types::Dsn;
use sentry::{Client, ClientOptions, Hub, Transport, TransportFactory, TransportOptions};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::registry::LookupSpan;

use crate::client::http_client;
use crate::settings::{ServerSettings, SettingsError, TelemetrySettings};

/// How long the tracker may take to connect, and to take the last reports when the process ends.
const CONNECT: Duration = Duration::from_secs(2);
const FLUSH: Duration = Duration::from_secs(2);

/// So many reports a minute, and no more: while a database is away every request is an error.
const A_MINUTE: u32 = 60;

/// The way to the tracker, if there is one. Sends what is left when it is dropped.
#[must_use = "what is left is sent when it is dropped"]
pub struct Reports(Option<Arc<Client>>);

impl Reports {
    /// To the tracker that the settings name, if they do.
    pub(super) fn start(
        telemetry: &TelemetrySettings,
        server: &ServerSettings,
    ) -> Result<Self, SettingsError> {
        let dsn = telemetry.sentry_dsn.expose_secret();
        if dsn.is_empty() {
            return Ok(Self(None));
        }
        let malformed = |expected: &str| SettingsError::malformed("telemetry.sentry_dsn", expected);
        let dsn: Dsn = dsn.parse().map_err(|_| malformed("https://key@host/project"))?;
        let http =
            http_client(CONNECT).map_err(|_| malformed("CA certificates on this machine"))?;
        let allowance = Mutex::new(Allowance { since: Instant::now(), left: A_MINUTE });
        let mut options = ClientOptions::new()
            .release(concat!("omnichat@", env!("CARGO_PKG_VERSION")))
            .environment(server.environment.clone())
            .default_integrations(false)
            .send_default_pii(false)
            .max_breadcrumbs(0)
            .shutdown_timeout(FLUSH)
            .server_name(telemetry.service.clone())
            .transport(OverOurClient(http))
            .before_send(move |report| allowance.lock().take(Instant::now()).then(|| slim(report)));
        options.dsn = Some(dsn);
        let client = Arc::new(Client::from(options));
        // Before any other thread has looked for one.
        Hub::main().bind_client(Some(client.clone()));
        Ok(Self(Some(client)))
    }

    /// Hands errors on.
    pub(super) fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let worth = LevelFilter::ERROR.and(filter_fn(is_worth_a_report));
        self.0.is_some().then(|| ErrorLayer::new().with_filter(worth))
    }
}

impl Drop for Reports {
    fn drop(&mut self) {
        if let Some(client) = &self.0 {
            client.close(Some(FLUSH));
        }
    }
}

/// A request that failed has two lines; the one with its cause is enough.
fn is_worth_a_report(line: &Metadata<'_>) -> bool {
    line.is_span() || !line.target().ends_with("::request_log")
}

/// What is known by the error itself. What runs where is not the tracker's concern.
fn slim(report: Event<'static>) -> Event<'static> {
    Event { user: None, request: None, modules: Default::default(), ..report }
}

/// How many more reports there may be in this minute.
struct Allowance {
    since: Instant,
    left: u32,
}

impl Allowance {
    fn take(&mut self, now: Instant) -> bool {
        if now.duration_since(self.since) >= Duration::from_secs(60) {
            *self = Self { since: now, left: A_MINUTE };
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

/// Sentry's own thread and queue, over the client that everything here uses.
struct OverOurClient(reqwest::Client);

impl TransportFactory for OverOurClient {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        Arc::new(ReqwestHttpTransportOptions::from(options).with_client(self.0.clone()).build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_only_so_many_reports_a_minute() {
        let start = Instant::now();
        let mut allowance = Allowance { since: start, left: A_MINUTE };
        let taken =
            |allowance: &mut Allowance, now| (0..1_000).filter(|_| allowance.take(now)).count();
        assert_eq!(taken(&mut allowance, start), 60);
        assert_eq!(taken(&mut allowance, start + Duration::from_secs(59)), 0);
        assert_eq!(taken(&mut allowance, start + Duration::from_secs(60)), 60);
    }
}
