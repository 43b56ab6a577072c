use chrono::{DateTime, Utc};
use common::domain::audit::AuditEvent;
use common::{Direction, EventId, Page, UserId};
use garde::Validate;
use platform::http::{AppError, Limit, Paging, valid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListEventsQuery {
    /// 1 to 100; 20 if absent.
    #[garde(inner(custom(valid::within(1..=100))))]
    limit: Option<u32>,
    /// `pagination.cursor` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventResponse {
    id: EventId,
    /// What happened: `signed_in`, `password_changed`, …
    #[serde(rename = "type")]
    kind: &'static str,
    at: DateTime<Utc>,
    #[schema(required)]
    ip: Option<String>,
    #[schema(required)]
    user_agent: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EventsData {
    events: Vec<EventResponse>,
}

impl ListEventsQuery {
    pub fn paging(&self, owner: UserId) -> Result<Paging, AppError> {
        let scope = format!("events:{owner}");
        Paging::read(scope, Direction::Descending, self.limit, Limit(20), self.cursor.as_deref())
    }
}

impl From<AuditEvent> for EventResponse {
    fn from(event: AuditEvent) -> Self {
        Self {
            id: event.id,
            kind: event.kind.as_str(),
            at: event.at,
            ip: event.device.ip,
            user_agent: event.device.user_agent,
        }
    }
}

impl From<Page<AuditEvent>> for EventsData {
    fn from(page: Page<AuditEvent>) -> Self {
        Self { events: page.items.into_iter().map(Into::into).collect() }
    }
}
