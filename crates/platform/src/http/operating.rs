//! What an operator asks of a process: is it alive, is it ready, how is it, which version is it.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{self, Data, ServiceConfig};
use serde::Serialize;
use utoipa::ToSchema;

use super::probe::{self, Probed, Seen};
use super::{Answer, AppError, Caller, Endpoints, Envelope};
use crate::conditions::{Condition, Outside};
use crate::{Instance, Module};

/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the handlers below look at.
pub(super) struct Operating {
    modules: Vec<Arc<dyn Module>>,
    databases: Probed<Vec<Seen>>,
}

impl Operating {
    pub(super) fn new(modules: Vec<Arc<dyn Module>>) -> Self {
        Self { modules, databases: Probed::new() }
    }

    /// How the databases were a moment ago.
    async fn databases(&self) -> Vec<Seen> {
        self.databases.see(async || probe::databases(&self.modules).await).await
    }
}

pub(super) fn endpoints() -> Endpoints {
    use super::operating as health;
    crate::endpoints![
        health::get_liveness,
        health::get_readiness,
        health::get_health,
        health::get_version
    ]
}

/// A process's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum HealthStatus {
    Healthy,
    /// It serves, but something outside does not.
    Degraded,
    /// A database of its own does not answer, or not as it must.
    Unhealthy,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusData {
    status: HealthStatus,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthData {
    status: HealthStatus,
    /// Seconds since the start.
    uptime: i64,
    services: ServicesHealth,
    version: &'static str,
    environment: String,
}

/// What the process stands on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServicesHealth {
    database: ServiceHealth,
    /// Our other services that it has called, as they were the last time.
    siblings: BTreeMap<&'static str, Condition>,
    /// The same of providers of models.
    external_apis: BTreeMap<&'static str, Condition>,
    /// Of Ollama, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    ollama: Option<OutsideHealth>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutsideHealth {
    status: Condition,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ServiceHealth {
    status: HealthStatus,
    /// `postgres` or `sqlite`.
    provider: &'static str,
    /// Milliseconds that it took to answer.
    latency: u64,
}

impl ServicesHealth {
    fn of(databases: &[Seen], outside: &BTreeMap<Outside, Condition>) -> Self {
        let mut health = Self {
            database: ServiceHealth::of(databases),
            siblings: BTreeMap::new(),
            external_apis: BTreeMap::new(),
            ollama: None,
        };
        for (outside, status) in outside.iter().map(|(outside, status)| (*outside, *status)) {
            match outside {
                Outside::Sibling(name) => drop(health.siblings.insert(name, status)),
                Outside::ExternalApi(name) => drop(health.external_apis.insert(name, status)),
                Outside::Ollama => health.ollama = Some(OutsideHealth { status }),
            }
        }
        health
    }
}

impl ServiceHealth {
    /// All of a process's databases as one: as well as the worst, as fast as the slowest.
    fn of(databases: &[Seen]) -> Self {
        let all_ready = databases.iter().all(|seen| seen.ready.is_ok());
        let status = if all_ready { HealthStatus::Healthy } else { HealthStatus::Unhealthy };
        let provider = databases.first().map_or("none", |seen| seen.provider);
        let slowest = databases.iter().map(|seen| seen.latency).max().unwrap_or_default();
        Self { status, provider, latency: u64::try_from(slowest.as_millis()).unwrap_or(u64::MAX) }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VersionData {
    version: &'static str,
    build_time: &'static str,
    commit: &'static str,
    environment: String,
}

/// Whether the process serves.
///
/// Touches nothing: a database's trouble is no reason to restart the process.
#[utoipa::path(get, path = "/health/live", security(()), responses((status = 200, body = Envelope<StatusData>, description = "It does.")))]
pub(super) async fn get_liveness() -> Answer<StatusData> {
    Answer::ok(StatusData { status: HealthStatus::Healthy })
}

/// Whether the process should be sent requests.
#[utoipa::path(get, path = "/health/ready", security(()), responses((status = 200, body = Envelope<StatusData>, description = "It should.")))]
pub(super) async fn get_readiness(
    instance: Data<Instance>,
    operating: Data<Operating>,
) -> Result<Answer<StatusData>, AppError> {
    if instance.is_draining() {
        return Err(AppError::unavailable("The process is shutting down."));
    }
    for Seen { module, ready, .. } in operating.databases().await {
        ready.map_err(|reason| AppError::unavailable(format!("{module}: {reason}.")))?;
    }
    Ok(Answer::ok(StatusData { status: HealthStatus::Healthy }))
}

/// How the process and what it stands on are doing.
#[utoipa::path(get, path = "/health", security(()), responses((status = 200, body = Envelope<HealthData>, description = "The state of each part.")))]
pub(super) async fn get_health(
    instance: Data<Instance>,
    operating: Data<Operating>,
) -> Answer<HealthData> {
    let databases = operating.databases().await;
    let outside = instance.conditions.all();
    let services = ServicesHealth::of(&databases, &outside);
    let is_failing = outside.values().any(|one| *one == Condition::Failing);
    let status = match services.database.status {
        HealthStatus::Healthy if is_failing => HealthStatus::Degraded,
        status => status,
    };
    let data = HealthData {
        status,
        uptime: (instance.clock.now() - instance.started_at).num_seconds(),
        services,
        version: env!("CARGO_PKG_VERSION"),
        environment: instance.environment.to_string(),
    };
    Answer::ok(data)
}

/// Which build this is.
#[utoipa::path(get, path = "/version", responses((status = 200, body = Envelope<VersionData>, description = "The build.")))]
pub(super) async fn get_version(_: Caller, instance: Data<Instance>) -> Answer<VersionData> {
    Answer::ok(VersionData {
        version: env!("CARGO_PKG_VERSION"),
        // Set by whoever builds a release.
        build_time: option_env!("OMNICHAT_BUILD_TIME").unwrap_or("unknown"),
        commit: option_env!("OMNICHAT_COMMIT").unwrap_or("unknown"),
        environment: instance.environment.to_string(),
    })
}

/// The measures, where the process is asked itself: behind a gateway they are not there.
pub(super) fn metrics(config: &mut ServiceConfig) {
    config.service(web::resource("/metrics").get(get_metrics));
}

async fn get_metrics(
    instance: Data<Instance>,
    operating: Data<Operating>,
) -> Result<HttpResponse, AppError> {
    let text = instance.metrics.expose(&operating.modules).await.map_err(AppError::internal)?;
    Ok(HttpResponse::Ok().content_type(OPEN_METRICS).body(text))
}
