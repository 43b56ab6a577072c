use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::UserId;
use crate::domain::audit::AuditEvent;
use crate::domain::revocation::{Ending, Revocation};
use crate::domain::user::{PasswordChange, User};

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
    async fn insert(&self, user: &User, event: &AuditEvent) -> Result<(), UserStoreError>;
    /// Replaces a password's hash, unless it has been changed from `old` meanwhile.
    async fn replace_password_hash(
        &self,
        id: UserId,
        old: &str,
        new: &str,
    ) -> Result<(), StoreError>;
    /// Gives an account another password and ends all of its sessions but one, which from now on takes a new refresh token and
    /// none from before; or, where none goes on, all of them and the personal access tokens; which ended. `None` if the password
    /// has been changed meanwhile, or the account or the session is over.
    async fn change_password(
        &self,
        id: UserId,
        change: &PasswordChange,
        ending: &Ending,
    ) -> Result<Option<Vec<Revocation>>, StoreError>;
    /// Gives an account another name, or none; the account, if it is there and in use.
    async fn rename(
        &self,
        id: UserId,
        display_name: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError>;
    /// Takes an account into use, or out of it, which ends its sessions and personal access tokens; which those are. `None` if
    /// it is gone.
    async fn set_active(
        &self,
        id: UserId,
        is_active: bool,
        ending: &Ending,
    ) -> Result<Option<Vec<Revocation>>, StoreError>;
    /// Deletes an account with all that hangs on it, and notes that the siblings must delete what they have of it; which
    /// sessions and personal access tokens ended by that. Of its log only the event is left. `None` if it is gone.
    async fn delete(
        &self,
        id: UserId,
        ending: &Ending,
    ) -> Result<Option<Vec<Revocation>>, StoreError>;
}
