use std::time::Duration;

use actix_web::web::{Data, Json, Path};
use actix_web::{Either, HttpResponse};
use platform::Instance;
use platform::http::{AppError, Body, Caller};

use super::errors;
use crate::dependencies::{ChatState, InProject, Listener};
use crate::schemas::completions::{
    CompletionModel, CompletionModels, CompletionResponse, CreateCompletionRequest, events,
};
use crate::services::OnBehalf;

/// Images come in the body.
const LIMIT: usize = 16 * 1024 * 1024;

/// An answer that fails sooner is told by its status, one that fails later by its last event: whoever waits longer for a first
/// byte may be cut off by a proxy.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks a model in OpenAI's wire format, for programs that keep the conversation themselves.
#[utoipa::path(post, path = "/v1/chat/completions", params(("X-Project-Id" = Option<uuid::Uuid>, Header, description = "The project whose active prompts stand in front.")), request_body = CreateCompletionRequest, responses((status = 200, description = "The answer: whole, or as `chat.completion.chunk` events and `[DONE]`.", content((CompletionResponse = "application/json"), (String = "text/event-stream")))))]
pub async fn create_completion(
    state: Data<ChatState>,
    instance: Data<Instance>,
    whom: OnBehalf,
    listener: Listener,
    InProject(project): InProject,
    Body(body): Body<CreateCompletionRequest, LIMIT>,
) -> Result<Either<HttpResponse, Json<CompletionResponse>>, AppError> {
    let (model, at) = (body.model().to_owned(), instance.clock.now());
    let (stream, include_usage) = (body.stream(), body.include_usage());
    let asked = state.completions.ask(&whom, &model, project, body.question()?).await;
    let (id, mut relay) = asked.map_err(errors::completion)?;
    if !stream {
        let whole = relay.whole().await.map_err(|failure| errors::failure(&failure))?;
        return Ok(Either::Right(Json(CompletionResponse::new(id, at, whole))));
    }
    relay.begun(PATIENCE).await.map_err(|failure| errors::failure(&failure))?;
    let events = events(id, at, include_usage, relay.batches(), errors::failure);
    Ok(Either::Left(listener.stream_completion(events)))
}

/// The models that the caller can ask, as OpenAI lists them.
#[utoipa::path(get, path = "/v1/models", responses((status = 200, body = CompletionModels, description = "The models.")))]
pub async fn list_completion_models(
    state: Data<ChatState>,
    caller: Caller,
) -> Result<Json<CompletionModels>, AppError> {
    Ok(Json(state.models.list(caller.user).await?.into()))
}

/// One of the models that the caller can ask, as OpenAI has it.
#[utoipa::path(get, path = "/v1/models/{id}", params(("id" = String, Path)), responses((status = 200, body = CompletionModel, description = "The model.")))]
pub async fn get_completion_model(
    state: Data<ChatState>,
    caller: Caller,
    id: Path<String>,
) -> Result<Json<CompletionModel>, AppError> {
    let offered = state.models.offered(caller.user, &id).await?;
    let available = offered.filter(|offer| offer.is_available);
    available.map(|offer| Json((&offer).into())).ok_or_else(|| errors::unknown_model(&id))
}
