//! What auth-service needs of its siblings: that what a deleted account owned goes too, and what an account owns.

use async_trait::async_trait;
use bytes::Bytes;
use common::UserId;
use futures_util::stream::BoxStream;

/// Lines of JSON, as they come.
pub type Lines = BoxStream<'static, Result<Bytes, Box<dyn std::error::Error + Send + Sync>>>;

/// A sibling that keeps what people own, over HTTP or in the same process.
#[async_trait]
pub trait AccountData: Send + Sync {
    /// Deletes all that a user owns. Safe to repeat.
    async fn delete_of_user(
        &self,
        user: UserId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
    /// All that a user owns, as lines of JSON.
    async fn export_of_user(
        &self,
        user: UserId,
    ) -> Result<Lines, Box<dyn std::error::Error + Send + Sync>>;
}
