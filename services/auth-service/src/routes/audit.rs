use actix_web::web::Data;
use platform::http::{Answer, AppError, Caller, Envelope, Query};

use crate::dependencies::AuthState;
use crate::schemas::audit::{EventsData, ListEventsQuery};

/// What happened to the caller's account, newest first.
#[utoipa::path(get, path = "/auth/events", params(ListEventsQuery), responses((status = 200, body = Envelope<EventsData>, description = "A page of events.")))]
pub async fn list_events(
    state: Data<AuthState>,
    caller: Caller,
    Query(query): Query<ListEventsQuery>,
) -> Result<Answer<EventsData>, AppError> {
    let paging = query.paging(caller.user)?;
    let page = state.audit.list(caller.user, paging.request()).await?;
    let pagination = paging.pagination(&page);
    Ok(Answer::ok(page.into()).paged(pagination))
}
