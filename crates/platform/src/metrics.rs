//! What a process measures of itself, for Prometheus: one registry a process, to which each part adds its own measures.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry};

use crate::Module;

/// The measures of a process; its clones are the same ones.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<Request, Counter>,
    latencies: Family<Route, Histogram>,
    connections: Family<Pool, Gauge>,
    outboxes: Family<Service, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: String,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pool {
    service: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Service {
    service: &'static str,
}

impl Metrics {
    /// The measures that every process has.
    pub fn new() -> Self {
        let metrics = Self {
            registry: Arc::new(Mutex::new(Registry::with_prefix("omnichat"))),
            requests: Family::default(),
            latencies: Family::new_with_constructor(|| durations(0.001, 14)),
            connections: Family::default(),
            outboxes: Family::default(),
        };
        metrics.register("http_requests", "Requests answered", metrics.requests.clone());
        metrics.register(
            "http_request_duration_seconds",
            "Time until the head of the answer; a stream may go on",
            metrics.latencies.clone(),
        );
        metrics.register(
            "database_connections",
            "Connections of the pool",
            metrics.connections.clone(),
        );
        metrics.register("outbox_depth", "Messages for siblings", metrics.outboxes.clone());
        metrics
    }

    /// Adds a measure, as `omnichat_<name>`; a counter's name gets `_total` behind it.
    pub fn register(&self, name: &str, help: &str, metric: impl Metric) {
        self.registry.lock().register(name, help, metric);
    }

    /// A request was answered. The route is the pattern, never the path.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let (method, route) = (method.to_owned(), route.to_owned());
        let place = Route { method: method.clone(), route: route.clone() };
        self.latencies.get_or_create(&place).observe(took.as_secs_f64());
        self.requests.get_or_create(&Request { method, route, status }).inc();
    }

    /// All of them, in the text format of OpenMetrics.
    ///
    /// # Errors
    /// A measure cannot be written.
    pub(crate) async fn expose(&self, modules: &[Arc<dyn Module>]) -> Result<String, fmt::Error> {
        for module in modules {
            let service = module.name();
            let (open, idle) = module.database().connections();
            for (state, count) in [("in_use", open.saturating_sub(idle)), ("idle", idle)] {
                self.connections.get_or_create(&Pool { service, state }).set(count.into());
            }
            // Of a database that does not answer, what was last seen.
            if let Some(outbox) = module.outbox()
                && let Ok(depth) = outbox.depth().await
            {
                let depth = i64::try_from(depth).unwrap_or(i64::MAX);
                self.outboxes.get_or_create(&Service { service }).set(depth);
            }
            module.measure();
        }
        let mut text = String::new();
        encode(&mut text, &self.registry.lock())?;
        Ok(text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// A histogram of durations in seconds, in so many buckets from the shortest on, each twice as long as the one before.
pub fn durations(shortest: f64, buckets: u16) -> Histogram {
    Histogram::new(exponential_buckets(shortest, 2.0, buckets))
}
