//! For sibling services only; the gateway lets nobody else through.

use actix_web::web::Data;
use common::domain::revocation::TokenUse;
use platform::http::{Answer, AppError, Body, Envelope, Query, ServiceCaller};

use super::errors;
use crate::dependencies::AuthState;
use crate::schemas::internal::{
    ListRevocationsQuery, RecordTokenUsesRequest, RecordedUsesData, RevocationsData,
};

/// Sessions and personal access tokens that were revoked since the cursor was given out.
///
/// To be asked every few seconds. What was told a moment ago may come again.
#[utoipa::path(get, path = "/internal/revocations", params(ListRevocationsQuery), responses((status = 200, body = Envelope<RevocationsData>, description = "What was revoked.")))]
pub async fn list_revocations(
    state: Data<AuthState>,
    _: ServiceCaller,
    Query(query): Query<ListRevocationsQuery>,
) -> Result<Answer<RevocationsData>, AppError> {
    let page = state.revocations.list(query.cursor.as_deref()).await.map_err(errors::revocation)?;
    Ok(Answer::ok(page.into()))
}

/// Notes when personal access tokens were used. Safe to repeat.
#[utoipa::path(post, path = "/internal/tokens/uses", request_body = RecordTokenUsesRequest, responses((status = 200, body = Envelope<RecordedUsesData>, description = "They are noted.")))]
pub async fn record_token_uses(
    state: Data<AuthState>,
    _: ServiceCaller,
    Body(body): Body<RecordTokenUsesRequest>,
) -> Result<Answer<RecordedUsesData>, AppError> {
    let uses: Vec<_> = body.tokens.into_iter().map(TokenUse::from).collect();
    state.revocations.record_uses(&uses).await.map_err(errors::revocation)?;
    Ok(Answer::ok(RecordedUsesData { recorded: uses.len() }))
}
