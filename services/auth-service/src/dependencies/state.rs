use std::sync::Arc;

use crate::services::{
    Audit, Export, Housekeeping, Profiles, Revocations, SecondFactors, Sessions, Tokens, Users,
};

/// The services that handlers call.
pub struct AuthState {
    /// Accounts.
    pub users: Arc<Users>,
    /// What people see of themselves.
    pub profiles: Profiles,
    /// Sign-ins and their tokens.
    pub sessions: Sessions,
    /// Second factors.
    pub second_factors: Arc<SecondFactors>,
    /// Sessions that are over, for those who verify tokens.
    pub revocations: Arc<Revocations>,
    /// Personal access tokens.
    pub tokens: Tokens,
    /// What happened to accounts.
    pub audit: Arc<Audit>,
    /// All that a user owns.
    pub export: Export,
    /// Deletes what is over.
    pub housekeeping: Housekeeping,
}
