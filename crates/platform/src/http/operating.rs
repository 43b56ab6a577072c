//! What an operator asks of a process: is it alive, is it ready, how is it, which version is it.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{self, Data, ServiceConfig};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Answer, AppError, Caller, Endpoints, Envelope};
use crate::{Instance, Module};

/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the handlers below look at.
pub(super) struct Operating {
    pub(super) modules: Vec<Arc<dyn Module>>,
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
    services: BTreeMap<&'static str, ServiceHealth>,
    version: &'static str,
    environment: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ServiceHealth {
    status: HealthStatus,
    /// `postgres` or `sqlite`.
    provider: &'static str,
    /// Milliseconds that it took to answer.
    latency: i64,
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
    for module in &operating.modules {
        module
            .ready()
            .await
            .map_err(|reason| AppError::unavailable(format!("{}: {reason}.", module.name())))?;
    }
    Ok(Answer::ok(StatusData { status: HealthStatus::Healthy }))
}

/// How the process and what it stands on are doing.
#[utoipa::path(get, path = "/health", security(()), responses((status = 200, body = Envelope<HealthData>, description = "The state of each part.")))]
pub(super) async fn get_health(
    instance: Data<Instance>,
    operating: Data<Operating>,
) -> Answer<HealthData> {
    let mut database =
        ServiceHealth { status: HealthStatus::Healthy, provider: "none", latency: 0 };
    for module in &operating.modules {
        let before = instance.clock.now();
        if module.database().ping().await.is_err() {
            database.status = HealthStatus::Unhealthy;
        }
        let latency = (instance.clock.now() - before).num_milliseconds();
        database.latency = database.latency.max(latency);
        database.provider = module.database().provider();
    }
    let data = HealthData {
        status: database.status,
        uptime: (instance.clock.now() - instance.started_at).num_seconds(),
        services: BTreeMap::from([("database", database)]),
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
