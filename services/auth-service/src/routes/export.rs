use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use actix_web::web::{Bytes, Data};
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use platform::Instance;
use platform::http::{AppError, Caller, line, lines};

use super::errors;
use crate::dependencies::AuthState;
use crate::schemas::export::ExportLine;

/// What the file is called; nothing that a person wrote is in it.
const NAMED: &str = "attachment; filename=\"omnichat-account.ndjson\"";

/// Everything that the caller owns in all services, one JSON object a line: the account, projects, prompts with their versions,
/// conversations with every branch and their images, shares, usage. No passwords, tokens or keys. It begins only if all services
/// answer, and its last line is `{"type": "complete", …}`: a file without that is not whole.
#[utoipa::path(get, path = "/users/me/export", responses((status = 200, body = String, content_type = "application/x-ndjson", description = "The lines.")))]
pub async fn export_account(
    state: Data<AuthState>,
    instance: Data<Instance>,
    caller: Caller,
) -> Result<HttpResponse, AppError> {
    let mut response = lines(collect(&state, &instance, &caller).await?);
    response.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static(NAMED));
    Ok(response)
}

async fn collect(
    state: &AuthState,
    instance: &Data<Instance>,
    caller: &Caller,
) -> Result<impl Stream<Item = Result<Bytes, AppError>> + use<>, AppError> {
    let own = state.export.records(caller.user).await.map_err(errors::export)?;
    let siblings = state.export.of_siblings(caller.user).await.map_err(errors::export)?;
    let own = own.map_err(AppError::from).and_then(async |record| line(&ExportLine::from(record)));
    let clock = instance.clock.clone();
    let end = stream::once(async move { line(&ExportLine::Complete { at: clock.now() }) });
    Ok(own.chain(siblings.map_err(errors::broken_off)).chain(end))
}
