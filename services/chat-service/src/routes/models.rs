use actix_web::web::Data;
use platform::http::{Answer, AppError, Caller, Envelope};

use crate::dependencies::ChatState;
use crate::schemas::models::{ModelResponse, ModelsData};

/// The models that the caller can ask, and those that could be asked if there were a key for their provider.
#[utoipa::path(get, path = "/models", responses((status = 200, body = Envelope<ModelsData>, description = "The catalogue.")))]
pub async fn list_models(
    state: Data<ChatState>,
    caller: Caller,
) -> Result<Answer<ModelsData>, AppError> {
    let models = state.models.list(caller.user).await?;
    Ok(Answer::ok(ModelsData { models: models.into_iter().map(ModelResponse::from).collect() }))
}
