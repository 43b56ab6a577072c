//! What is over is deleted, now and then, and what an old key has sealed is sealed anew.

use std::sync::Arc;

use chrono::TimeDelta;
use common::Clock;
use common::domain::second_factor::SecondFactorError;
use common::repositories::{
    AuditRepository, RevocationRepository, SessionRepository, StoreError, TokenRepository,
};

use super::SecondFactors;

/// Deletes what is over, and seals anew what an old key has sealed.
pub struct Housekeeping {
    pub sessions: Arc<dyn SessionRepository>,
    pub tokens: Arc<dyn TokenRepository>,
    pub revocations: Arc<dyn RevocationRepository>,
    pub audit: Arc<dyn AuditRepository>,
    pub second_factors: Arc<SecondFactors>,
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
        report_resealed(self.second_factors.reseal().await);
    }
}

fn report(what: &str, purged: Result<u64, StoreError>) {
    match purged {
        Ok(0) => {}
        Ok(count) => tracing::info!(what, count, "deleted what was over"),
        Err(error) => tracing::warn!(what, %error, "what was over could not be deleted"),
    }
}

fn report_resealed(resealed: Result<u64, SecondFactorError>) {
    match resealed {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "second factors were sealed anew, with the first key"),
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "second factors could not be sealed anew");
        }
    }
}
