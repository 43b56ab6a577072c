use async_trait::async_trait;
use chrono::NaiveDate;

use super::StoreError;
use crate::UserId;
use crate::domain::usage::{UsageGroup, UsageSpan, UsageSum};

/// What people use of models; [`ReplyRepository`](super::ReplyRepository) adds to it when a reply ends.
#[async_trait]
pub trait UsageRepository: Send + Sync {
    /// What a person's replies that ended on a day (UTC) have cost, in millionths of a US dollar.
    async fn spent(&self, owner: UserId, day: NaiveDate) -> Result<i64, StoreError>;
    /// What a person's replies that ended in some days have taken, summed by the group, in the order of its keys.
    async fn sums(
        &self,
        owner: UserId,
        span: UsageSpan,
        group: UsageGroup,
    ) -> Result<Vec<UsageSum>, StoreError>;
    /// Deletes what is known of a person. Safe to repeat.
    async fn delete(&self, owner: UserId) -> Result<(), StoreError>;
}
