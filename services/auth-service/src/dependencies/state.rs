use std::sync::Arc;

use crate::services::{Sessions, Users};

/// The services that handlers call.
pub struct AuthState {
    /// Accounts.
    pub users: Arc<Users>,
    /// Sign-ins and their tokens.
    pub sessions: Sessions,
}
