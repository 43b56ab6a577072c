use async_trait::async_trait;
use chrono::NaiveDate;

use super::StoreError;
use crate::domain::usage::{UsageEntry, UsageGroup, UsageSpan, UsageSum};
use crate::{CompletionId, UserId};

/// What people use of models; [`ReplyRepository`](super::ReplyRepository) adds to it when a reply ends.
#[async_trait]
pub trait UsageRepository: Send + Sync {
    /// Adds what an answer took that is not stored, and that ended on a day (UTC). Of a person who is gone nothing is kept.
    async fn add(
        &self,
        owner: UserId,
        completion: CompletionId,
        entry: &UsageEntry,
        day: NaiveDate,
    ) -> Result<(), StoreError>;
    /// What a person's answers that ended on a day (UTC) have cost, in millionths of a US dollar.
    async fn spent(&self, owner: UserId, day: NaiveDate) -> Result<i64, StoreError>;
    /// What a person's answers that ended in some days have taken, summed by the group, in the order of its keys.
    async fn sums(
        &self,
        owner: UserId,
        span: UsageSpan,
        group: UsageGroup,
    ) -> Result<Vec<UsageSum>, StoreError>;
    /// Deletes what is known of a person. Safe to repeat.
    async fn delete(&self, owner: UserId) -> Result<(), StoreError>;
}
