use async_trait::async_trait;

use super::StoreError;
use crate::UserId;
use crate::domain::audit::AuditEvent;
use crate::domain::second_factor::SecondFactor;

/// Second factors and recovery codes in a database.
#[async_trait]
pub trait SecondFactorRepository: Send + Sync {
    /// Somebody's second factor.
    async fn find(&self, owner: UserId) -> Result<Option<SecondFactor>, StoreError>;
    /// Stores a factor that waits for its first code, in the place of one that does; whether there was none that is on.
    async fn begin(&self, owner: UserId, sealed: &[u8]) -> Result<bool, StoreError>;
    /// Switches on the factor that waits with this secret, with the step of its first code and the hashes of the recovery
    /// codes; whether it was there.
    async fn enable(
        &self,
        factor: &SecondFactor,
        step: i64,
        recovery: &[Vec<u8>],
        event: &AuditEvent,
    ) -> Result<bool, StoreError>;
    /// Some secrets, whosesoever they are, as they are sealed: by owner, those after one.
    async fn sealed(
        &self,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<(UserId, Vec<u8>)>, StoreError>;
    /// Puts a secret that was sealed anew in its place, unless another is there by now.
    async fn reseal(&self, owner: UserId, old: &[u8], new: &[u8]) -> Result<(), StoreError>;
    /// Takes the code of a step, once; whether none of that step or a later one was taken before.
    async fn spend_step(&self, owner: UserId, step: i64) -> Result<bool, StoreError>;
    /// Takes a recovery code, once; whether it was there.
    async fn spend_recovery(
        &self,
        owner: UserId,
        hash: &[u8],
        event: &AuditEvent,
    ) -> Result<bool, StoreError>;
    /// Deletes the factor and its recovery codes; whether it was on.
    async fn disable(&self, owner: UserId, event: &AuditEvent) -> Result<bool, StoreError>;
}
