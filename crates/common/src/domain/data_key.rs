//! Data keys: what other secrets are sealed under, themselves wrapped by a key that the database does not have. To change the
//! wrapping key only they are wrapped anew.

use chrono::{DateTime, Utc};

use crate::DataKeyId;

/// A data key, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKey {
    /// Its id.
    pub id: DataKeyId,
    /// The key, wrapped.
    pub wrapped: Vec<u8>,
    /// The id of the key that wraps it.
    pub wrapping_key: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}
