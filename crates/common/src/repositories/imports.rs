use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::idempotency::RequestKey;
use crate::domain::import::{Import, ImportError, ImportedConversation};
use crate::domain::message::Lease;
use crate::{ImportId, UserId};

/// Files of conversations in a database, in pieces. Leases are kept by the database's clock, which all replicas share.
#[async_trait]
pub trait UploadRepository: Send + Sync {
    /// Stores that a file is coming, held with `lease`.
    ///
    /// # Errors
    /// `TooMany`, where its owner has `most` on their way.
    async fn begin(&self, import: &Import, lease: Lease, most: u64) -> Result<(), ImportError>;
    /// Stores the next piece of a file that is coming, and renews its lease.
    ///
    /// # Errors
    /// `Lost`, once the lease has run out.
    async fn append(
        &self,
        id: ImportId,
        lease: Lease,
        number: u32,
        piece: &[u8],
    ) -> Result<(), ImportError>;
    /// Takes a whole file to be read by whoever takes it up, and its key, where it has one; the import of that. If an earlier
    /// file has the key it is that one's, and this one is forgotten.
    ///
    /// # Errors
    /// `IdempotencyMismatch`, or `Lost`.
    async fn accept(
        &self,
        import: &Import,
        lease: Lease,
        key: Option<&RequestKey>,
    ) -> Result<ImportId, ImportError>;
    /// Forgets a file that will not come.
    async fn abandon(&self, owner: UserId, id: ImportId) -> Result<(), StoreError>;
    /// A piece of a file, by its number from 0.
    async fn piece(&self, id: ImportId, number: u32) -> Result<Option<Vec<u8>>, StoreError>;
}

/// Imports in a database.
#[async_trait]
pub trait ImportRepository: Send + Sync {
    /// An import whose file is there.
    async fn find(&self, owner: UserId, id: ImportId) -> Result<Option<Import>, StoreError>;
    /// Takes up a running import that nobody is at.
    async fn take_up(&self, lease: Lease) -> Result<Option<Import>, StoreError>;
    /// Renews a lease; whether the import is still the holder's.
    async fn keep(&self, id: ImportId, lease: Lease) -> Result<bool, StoreError>;
    /// Stores a conversation of the file together with how far the import is with it, so that each is stored once, however
    /// often somebody takes the import up.
    ///
    /// # Errors
    /// `Lost`; `OwnerGone`, once all that the owner had was deleted.
    async fn store(
        &self,
        import: &Import,
        lease: Lease,
        imported: &ImportedConversation,
    ) -> Result<(), ImportError>;
    /// Lets go of an import, which somebody is to take up after a pause.
    async fn let_go(&self, id: ImportId, lease: Lease, pause: Duration) -> Result<(), StoreError>;
    /// Ends an import as it now is, and forgets its file.
    async fn end(&self, import: &Import, lease: Lease) -> Result<(), StoreError>;
    /// Forgets the imports of a deleted user.
    async fn delete_of_user(&self, owner: UserId) -> Result<(), StoreError>;
    /// Forgets keys, and imports that ended, from before the times given; and files that have stopped coming.
    async fn tidy(
        &self,
        keys_before: DateTime<Utc>,
        ended_before: DateTime<Utc>,
    ) -> Result<(), StoreError>;
}
