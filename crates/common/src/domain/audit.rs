//! What happened to an account: a log for its owner to look back at.

use chrono::{DateTime, Utc};

use crate::domain::session::Device;
use crate::{EventId, UserId};

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventKind {
            $($(#[$doc])* $name,)+
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name, on the wire and at rest.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

event_kinds! {
    /// The account was made.
    Registered = "registered",
    /// A session began.
    SignedIn = "signed_in",
    /// Somebody gave a wrong password or code.
    SignInFailed = "sign_in_failed",
    /// A session was ended by who used it.
    SignedOut = "signed_out",
    /// A session was ended from another.
    SessionRevoked = "session_revoked",
    /// A spent refresh token was used again, and its session ended.
    RefreshReused = "refresh_reused",
    /// The password was changed, and the other sessions ended.
    PasswordChanged = "password_changed",
    /// An operator gave the account another password, and all sessions and personal access tokens ended.
    PasswordReset = "password_reset",
    /// A personal access token was made.
    TokenCreated = "token_created",
    /// A personal access token was revoked.
    TokenRevoked = "token_revoked",
    /// A second factor was switched on.
    TwoFactorEnabled = "two_factor_enabled",
    /// It was switched off.
    TwoFactorDisabled = "two_factor_disabled",
    /// A recovery code stood in for the second factor.
    RecoveryCodeUsed = "recovery_code_used",
    /// An operator took the account out of use, and its sessions and personal access tokens ended.
    AccountDisabled = "account_disabled",
    /// An operator took it back into use.
    AccountEnabled = "account_enabled",
    /// The account was deleted: all that is kept of it.
    AccountDeleted = "account_deleted",
}

impl EventKind {
    /// The kind of a name, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its id.
    pub id: EventId,
    /// To whose account.
    pub owner: UserId,
    /// What.
    pub kind: EventKind,
    /// When.
    pub at: DateTime<Utc>,
    /// From where.
    pub device: Device,
}
