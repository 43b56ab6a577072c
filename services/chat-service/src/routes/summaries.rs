use actix_web::web::{Data, Path};
use common::ConversationId;
use platform::http::{Answer, AppError, Caller, Envelope};

use super::errors;
use crate::dependencies::ChatState;
use crate::schemas::summaries::SummaryData;

/// Has a model sum up what was said, of which it is then sent the summary and the last exchange.
#[utoipa::path(post, path = "/threads/{id}/models/{model}/summarize", params(("id" = ConversationId, Path), ("model" = String, Path)), responses((status = 200, body = Envelope<SummaryData>, description = "The summary.")))]
pub async fn summarize_thread(
    state: Data<ChatState>,
    caller: Caller,
    path: Path<(ConversationId, String)>,
) -> Result<Answer<SummaryData>, AppError> {
    let (id, model) = path.into_inner();
    let summary =
        state.summaries.summarize(caller.user, id, &model).await.map_err(errors::asking)?;
    Ok(Answer::ok(summary.into()))
}
