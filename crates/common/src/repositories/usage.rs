use async_trait::async_trait;
use chrono::NaiveDate;

use super::StoreError;
use crate::UserId;

/// What people's replies have cost, by the day; [`ReplyRepository`](super::ReplyRepository) adds to it when a reply ends.
#[async_trait]
pub trait UsageRepository: Send + Sync {
    /// What a person's replies that ended on a day (UTC) have cost, in millionths of a US dollar.
    async fn spent(&self, owner: UserId, day: NaiveDate) -> Result<i64, StoreError>;
    /// Deletes what is known of a person. Safe to repeat.
    async fn delete(&self, owner: UserId) -> Result<(), StoreError>;
}
