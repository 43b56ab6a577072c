//! For sibling services only; the gateway lets nobody else through.

use actix_web::web::Data;
use platform::http::{Answer, AppError, Envelope, Query, ServiceCaller};

use super::errors;
use crate::dependencies::AuthState;
use crate::schemas::internal::{ListRevocationsQuery, RevocationsData};

/// Sessions and personal access tokens that were revoked since the cursor was given out.
///
/// To be asked every few seconds. What was told a moment ago may come again.
#[utoipa::path(get, path = "/internal/revocations", params(ListRevocationsQuery), responses((status = 200, body = Envelope<RevocationsData>, description = "What was revoked.")))]
pub async fn list_revocations(
    state: Data<AuthState>,
    _: ServiceCaller,
    Query(query): Query<ListRevocationsQuery>,
) -> Result<Answer<RevocationsData>, AppError> {
    let page =
        state.revocations.after(query.cursor.as_deref()).await.map_err(errors::revocation)?;
    Ok(Answer::ok(page.into()))
}
