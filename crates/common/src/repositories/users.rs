use async_trait::async_trait;

use super::StoreError;
use crate::UserId;
use crate::domain::user::User;

/// Why an account could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum UserStoreError {
    /// There is one with that address.
    #[error("the address is taken")]
    EmailTaken,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Accounts in a database.
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// One account.
    async fn find(&self, id: UserId) -> Result<Option<User>, StoreError>;
    /// The account with an address, however it is written.
    async fn find_by_email(&self, email: &str) -> Result<Option<User>, StoreError>;
    /// Stores a new account.
    ///
    /// # Errors
    /// `EmailTaken` if the address, however it is written, has an account.
    async fn insert(&self, user: &User) -> Result<(), UserStoreError>;
    /// Replaces a password's hash, unless it has been changed from `old` meanwhile.
    async fn replace_password_hash(
        &self,
        id: UserId,
        old: &str,
        new: &str,
    ) -> Result<(), StoreError>;
}
