use std::sync::Arc;

use async_trait::async_trait;
use common::Clock;
use common::domain::revocation::{RevocationCursor, RevocationError, RevocationPage, TokenUse};
use common::repositories::{RevocationRepository, TokenRepository};
use platform::revocations::RevocationFeed;

/// So many at a time.
const PAGE: u32 = 1_000;

/// Sessions that are over while some of their access tokens are not, for those who verify tokens; and what those tell of
/// personal access tokens.
pub struct Revocations {
    revocations: Arc<dyn RevocationRepository>,
    tokens: Arc<dyn TokenRepository>,
    clock: Arc<dyn Clock>,
}

impl Revocations {
    pub fn new(
        revocations: Arc<dyn RevocationRepository>,
        tokens: Arc<dyn TokenRepository>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { revocations, tokens, clock }
    }

    /// What was revoked since the cursor was given out; without one, all that matters still. To be asked until the cursor
    /// stays the same.
    pub async fn list(&self, cursor: Option<&str>) -> Result<RevocationPage, RevocationError> {
        let cursor = cursor.map(RevocationCursor::decode).transpose()?.unwrap_or_default();
        let (revocations, cursor) = self.revocations.after(cursor, self.clock.now(), PAGE).await?;
        Ok(RevocationPage { revocations, cursor: cursor.encode() })
    }

    /// Notes when personal access tokens were used.
    pub async fn record_uses(&self, uses: &[TokenUse]) -> Result<(), RevocationError> {
        Ok(self.tokens.record_uses(uses, self.clock.now()).await?)
    }
}

/// For this process itself.
#[async_trait]
impl RevocationFeed for Revocations {
    async fn after(
        &self,
        cursor: Option<&str>,
    ) -> Result<RevocationPage, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.list(cursor).await?)
    }

    async fn report_uses(
        &self,
        uses: &[TokenUse],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.record_uses(uses).await?)
    }
}
