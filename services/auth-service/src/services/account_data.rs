//! What auth-service needs of its siblings: that what a deleted account owned goes too.

use async_trait::async_trait;
use common::UserId;

/// A sibling that keeps what people own, over HTTP or in the same process.
#[async_trait]
pub trait AccountData: Send + Sync {
    /// Deletes all that a user owns. Safe to repeat.
    async fn delete_of_user(
        &self,
        user: UserId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}
