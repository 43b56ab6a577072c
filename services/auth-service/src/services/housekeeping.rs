//! What is over is deleted, now and then.

use std::sync::Arc;

use chrono::TimeDelta;
use common::Clock;
use common::repositories::{
    AuditRepository, RevocationRepository, SessionRepository, StoreError, TokenRepository,
};

/// Deletes what is over.
pub struct Housekeeping {
    pub sessions: Arc<dyn SessionRepository>,
    pub tokens: Arc<dyn TokenRepository>,
    pub revocations: Arc<dyn RevocationRepository>,
    pub audit: Arc<dyn AuditRepository>,
    /// How long a session may idle.
    pub idle: TimeDelta,
    /// How long events are kept.
    pub events: TimeDelta,
    pub clock: Arc<dyn Clock>,
}

impl Housekeeping {
    /// Does it once. What fails is tried again the next time.
    pub async fn run(&self) {
        let now = self.clock.now();
        report("sessions", self.sessions.purge(now - self.idle, now).await);
        report("tokens", self.tokens.purge(now).await);
        report("revocations", self.revocations.purge(now).await);
        report("events", self.audit.purge(now - self.events).await);
    }
}

fn report(what: &str, purged: Result<u64, StoreError>) {
    match purged {
        Ok(0) => {}
        Ok(count) => tracing::info!(what, count, "deleted what was over"),
        Err(error) => tracing::warn!(what, %error, "what was over could not be deleted"),
    }
}
