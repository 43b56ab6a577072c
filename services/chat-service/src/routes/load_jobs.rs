use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use futures_util::stream::StreamExt;
use platform::http::{Answer, AppError, Caller, Envelope, Query};

use super::errors;
use crate::dependencies::{ChatState, Listener};
use crate::schemas::load_jobs::{LoadJobData, LoadJobQuery, ModelStatusData, events};

/// How ready a model is.
#[utoipa::path(get, path = "/models/{id}/status", params(("id" = String, Path)), responses((status = 200, body = Envelope<ModelStatusData>, description = "Where it stands.")))]
pub async fn get_model_status(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<String>,
) -> Result<Answer<ModelStatusData>, AppError> {
    let status = state.load_jobs.status(caller.user, &id).await.map_err(errors::load_job)?;
    Ok(Answer::ok(status.into()))
}

/// Has a model made ready on the server that runs it, fetched first where that is allowed. The job goes on whoever listens; who
/// asks for a model that is being loaded gets the job that is at it.
#[utoipa::path(post, path = "/models/{id}/load", params(("id" = String, Path)), responses((status = 202, body = Envelope<LoadJobData>, description = "The job.")))]
pub async fn load_model(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<String>,
) -> Result<Answer<LoadJobData>, AppError> {
    let (job, took) = state.load_jobs.load(caller.user, &id).await.map_err(errors::load_job)?;
    Ok(Answer::accepted(LoadJobData::new(job, took)))
}

/// Follows the loading of a model: `status` events as in `LoadEvent`, then `close`.
#[utoipa::path(get, path = "/models/{id}/load/stream", params(("id" = String, Path), LoadJobQuery), responses((status = 200, body = String, content_type = "text/event-stream", description = "The events.")))]
pub async fn stream_model_load(
    state: Data<ChatState>,
    listener: Listener,
    id: Path<String>,
    Query(query): Query<LoadJobQuery>,
) -> Result<HttpResponse, AppError> {
    let job = state.load_jobs.find(&id, query.job_id).await.map_err(errors::load_job)?;
    Ok(listener.stream_events(state.load_jobs.follow(job).map(events)))
}
