use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::StoreError;
use crate::UserId;
use crate::domain::usage::{UsageEntry, UsageGroup, UsageSpan, UsageSum};

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
    /// Adds what an answer took that is no reply, under an id of its own; nothing, once all that the person had was deleted.
    async fn add(
        &self,
        owner: UserId,
        id: Uuid,
        entry: &UsageEntry,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;
    /// Deletes what is known of a person. Safe to repeat.
    async fn delete(&self, owner: UserId) -> Result<(), StoreError>;
}
