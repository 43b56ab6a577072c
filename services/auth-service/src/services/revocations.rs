use std::sync::Arc;

use common::Clock;
use common::domain::revocation::{RevocationCursor, RevocationError, RevocationPage};
use common::repositories::RevocationRepository;

/// So many at a time.
const PAGE: u32 = 1_000;

/// Sessions that are over while some of their access tokens are not, for those who verify tokens.
pub struct Revocations {
    revocations: Arc<dyn RevocationRepository>,
    clock: Arc<dyn Clock>,
}

impl Revocations {
    pub fn new(revocations: Arc<dyn RevocationRepository>, clock: Arc<dyn Clock>) -> Self {
        Self { revocations, clock }
    }

    /// What was revoked since the cursor was given out; without one, all that matters still. To be asked until the cursor
    /// stays the same.
    pub async fn after(&self, cursor: Option<&str>) -> Result<RevocationPage, RevocationError> {
        let cursor = cursor.map(RevocationCursor::decode).transpose()?.unwrap_or_default();
        Ok(self.revocations.after(cursor, self.clock.now(), PAGE).await?)
    }
}
