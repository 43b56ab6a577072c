use std::sync::Arc;

use chrono::{Days, NaiveDate};
use common::domain::usage::{UsageGroup, UsageSpan, UsageSum};
use common::repositories::{StoreError, UsageRepository};
use common::{Clock, UserId};

/// How far back usage is shown where nobody says, in days.
const DAYS: u64 = 30;

/// What people use of models.
pub struct UsageLedger {
    usage: Arc<dyn UsageRepository>,
    clock: Arc<dyn Clock>,
}

impl UsageLedger {
    pub fn new(usage: Arc<dyn UsageRepository>, clock: Arc<dyn Clock>) -> Self {
        Self { usage, clock }
    }

    /// The days from `from` to `to`, of which the last is today unless it is said, and the first thirty days before it.
    pub fn span(&self, from: Option<NaiveDate>, to: Option<NaiveDate>) -> UsageSpan {
        let to = to.unwrap_or_else(|| self.clock.now().date_naive());
        let from = from.unwrap_or_else(|| to - Days::new(DAYS - 1));
        UsageSpan { from, to }
    }

    pub async fn sums(
        &self,
        owner: UserId,
        span: UsageSpan,
        group: UsageGroup,
    ) -> Result<Vec<UsageSum>, StoreError> {
        self.usage.sums(owner, span, group).await
    }
}
