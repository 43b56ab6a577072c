//! Who wraps data keys. Today it is the ring of the settings; a key management service would be another of these.

use async_trait::async_trait;
use common::DataKeyId;
use platform::sealing::{SealError, Sealer};
use secrecy::{ExposeSecret, SecretSlice};

/// Has the keys that wrap data keys, which the database does not.
#[async_trait]
pub trait KeyWrapper: Send + Sync {
    /// The id of the key that wraps now.
    fn current(&self) -> &str;

    /// Wraps a data key, so that it unwraps as this one alone.
    ///
    /// # Errors
    /// See [`WrapError`].
    async fn wrap(&self, id: DataKeyId, key: &SecretSlice<u8>) -> Result<Vec<u8>, WrapError>;

    /// Unwraps a data key, whichever of the keys wrapped it.
    ///
    /// # Errors
    /// See [`WrapError`].
    async fn unwrap(&self, id: DataKeyId, wrapped: &[u8]) -> Result<SecretSlice<u8>, WrapError>;
}

/// Why a data key is not wrapped or unwrapped.
#[derive(Debug, thiserror::Error)]
pub enum WrapError {
    /// It is not what was wrapped, or the key that wrapped it is gone.
    #[error("the data key is not taken")]
    Refused(#[source] SealError),
    /// Who has the keys does not answer.
    #[error("the wrapping key cannot be had")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Wraps with the ring of the settings.
pub struct RingWrapper(pub Sealer);

#[async_trait]
impl KeyWrapper for RingWrapper {
    fn current(&self) -> &str {
        self.0.current()
    }

    async fn wrap(&self, id: DataKeyId, key: &SecretSlice<u8>) -> Result<Vec<u8>, WrapError> {
        let sealed = self.0.seal(&context(&id.to_string()), key.expose_secret());
        sealed.map_err(WrapError::Refused)
    }

    async fn unwrap(&self, id: DataKeyId, wrapped: &[u8]) -> Result<SecretSlice<u8>, WrapError> {
        self.0.open(&context(&id.to_string()), wrapped).map_err(WrapError::Refused)
    }
}

fn context(id: &str) -> [&str; 2] {
    ["data_key", id]
}
