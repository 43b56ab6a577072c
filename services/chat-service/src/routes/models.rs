use actix_web::web::Data;
use platform::http::{Answer, Caller, Envelope};

use crate::dependencies::ChatState;
use crate::schemas::models::{ModelResponse, ModelsData};

/// The models that can be asked, and those that could be if their provider had a key.
#[utoipa::path(get, path = "/models", responses((status = 200, body = Envelope<ModelsData>, description = "The catalogue.")))]
pub async fn list_models(state: Data<ChatState>, _: Caller) -> Answer<ModelsData> {
    Answer::ok(ModelsData { models: state.models.list().map(ModelResponse::from).collect() })
}
