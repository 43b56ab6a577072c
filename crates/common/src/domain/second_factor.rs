//! A second factor: codes of an app on a device that the person has (TOTP, RFC 6238), and codes for the day on which that
//! device is lost.

use secrecy::SecretString;

use crate::UserId;
use crate::domain::user::UserError;
use crate::repositories::StoreError;

/// Somebody's second factor, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Whose it is.
    pub owner: UserId,
    /// The app's secret, sealed.
    pub sealed: Vec<u8>,
    /// Whether signing in asks for it; until then it waits for its first code.
    pub is_on: bool,
    /// The time step of the newest code that was taken: none of it or before it is taken again.
    pub last_step: i64,
}

/// A second factor that waits for its first code, as its owner puts it into an app.
#[derive(Debug, Clone)]
pub struct PendingFactor {
    /// `otpauth://…`, for a QR code.
    pub url: SecretString,
    /// The secret alone, in base32, to be typed.
    pub secret: SecretString,
}

/// What can go wrong with a second factor.
#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    /// There is one.
    #[error("there is a second factor")]
    AlreadyOn,
    /// There is none, or none that waits for its first code.
    #[error("there is no second factor")]
    NotThere,
    /// The code is wrong, of another time, or was taken before.
    #[error("the code is not valid")]
    WrongCode,
    /// What says that the password was right is too old, was used, or is none.
    #[error("the challenge is not valid")]
    InvalidChallenge,
    /// The account's own trouble.
    #[error(transparent)]
    User(#[from] UserError),
    /// The database failed.
    #[error("second factors could not be read or written")]
    Store(#[from] StoreError),
    /// Anything else that should not happen.
    #[error("a second factor's operation failed")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}
