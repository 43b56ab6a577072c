use actix_web::web::Data;
use platform::http::{Answer, AppError, Caller, Envelope, Query};

use crate::dependencies::ChatState;
use crate::schemas::usage::{UsageData, UsageQuery};

/// What the caller's replies have taken, summed by day, model or project.
#[utoipa::path(get, path = "/usage", params(UsageQuery), responses((status = 200, body = Envelope<UsageData>, description = "Tokens, requests and cost.")))]
pub async fn get_usage(
    state: Data<ChatState>,
    caller: Caller,
    Query(query): Query<UsageQuery>,
) -> Result<Answer<UsageData>, AppError> {
    let span = state.usage.span(query.from, query.to);
    query.check(span)?;
    let sums = state.usage.sums(caller.user, span, query.group()).await?;
    Ok(Answer::ok(UsageData::new(span, query.group_by, sums)))
}
