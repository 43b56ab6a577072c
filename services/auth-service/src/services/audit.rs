use std::sync::Arc;

use chrono::TimeDelta;
use common::domain::audit::{AuditEvent, EventKind};
use common::domain::revocation::{Ending, Revocation};
use common::domain::session::Device;
use common::repositories::{AuditRepository, StoreError};
use common::{Page, PageRequest, UserId};
use platform::Instance;

/// What happened to accounts.
pub struct Audit {
    events: Arc<dyn AuditRepository>,
    /// How long an access token is good.
    access: TimeDelta,
    instance: Instance,
}

impl Audit {
    pub fn new(events: Arc<dyn AuditRepository>, access: TimeDelta, instance: Instance) -> Self {
        Self { events, access, instance }
    }

    /// An event of now, to be stored with the change that it is about.
    pub fn event(&self, owner: UserId, kind: EventKind, device: Device) -> AuditEvent {
        let at = self.instance.clock.now();
        AuditEvent { id: self.instance.ids.next(), owner, kind, at, device }
    }

    /// The end of sessions, now: their last access tokens are over when one made at this moment would be.
    pub fn ending(&self, owner: UserId, kind: EventKind, device: Device) -> Ending {
        let event = self.event(owner, kind, device);
        let until = event.at + self.access + Revocation::MARGIN;
        Ending { event, until }
    }

    /// Stores an event a moment later: the answer must not take longer where there is something to store.
    pub fn note_later(&self, event: AuditEvent) {
        let events = self.events.clone();
        self.instance.tasks.spawn(async move {
            if let Err(error) = events.insert(&event).await {
                let kind = event.kind.as_str();
                tracing::warn!(user_id = %event.owner, kind, %error, "an event was not stored");
            }
        });
    }

    /// A page of what happened to somebody's account.
    pub async fn list(
        &self,
        owner: UserId,
        page: PageRequest,
    ) -> Result<Page<AuditEvent>, StoreError> {
        self.events.list(owner, page).await
    }
}
