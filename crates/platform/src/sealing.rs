//! Sealing: secrets that the database keeps and that must be read again, encrypted under a key that it does not have.
//!
//! AES-256 in Galois counter mode with random nonces, which is sound for 2³² secrets a key. A sealed secret is
//! `version ‖ length of the key's id ‖ the key's id ‖ nonce ‖ ciphertext ‖ tag`. What stands before the nonce is
//! authenticated together with the context: what the secret is and whose, so that it opens nowhere else.

use std::fmt;
use std::sync::Arc;

use aes_gcm::aead::{Nonce, Tag};
use aes_gcm::{AeadInOut as _, Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use common::Entropy;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde::Deserialize;

use crate::settings::{Settings, SettingsError, name_of};

const VERSION: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;

/// Base64 with or without the `=` at its end.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Seals with the first key of the ring, opens with every one. Cheap to clone.
#[derive(Clone)]
pub struct Sealer {
    keys: Arc<[SealingKey]>,
    entropy: Arc<dyn Entropy>,
}

struct SealingKey {
    id: String,
    cipher: Aes256Gcm,
}

/// Why something cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was sealed with a key that is not, or no longer, in the ring.
    #[error("sealed with a key that is not in {}", name_of(KEYS))]
    UnknownKey,
    /// It was changed, was sealed for another context, or never was sealed.
    #[error("not sealed by this ring for this context")]
    Invalid,
    /// It was to seal, and is not 32 bytes.
    #[error("not a key of 32 bytes")]
    NoKey,
    /// It is longer than the cipher takes: 64 GiB.
    #[error("too long to be sealed")]
    TooLong,
}

const KEYS: &str = "sealing.keys";

#[derive(Deserialize)]
struct SealingSettings {
    keys: SecretString,
}

impl Sealer {
    /// The ring that the settings describe.
    ///
    /// # Errors
    /// There is no key, or one is not 32 random bytes.
    pub fn from(settings: &Settings, entropy: Arc<dyn Entropy>) -> Result<Self, SettingsError> {
        let section: SealingSettings = settings.section("sealing")?;
        let ring = section.keys.expose_secret();
        if ring.is_empty() {
            let hint = "make one with `echo \"k1:$(openssl rand -base64 32)\"`, and keep a copy";
            return Err(SettingsError::Missing { key: name_of(KEYS), hint: hint.to_owned() });
        }
        let keys: Option<Vec<SealingKey>> = ring.split(',').map(SealingKey::read).collect();
        let expected = "id:key,id:key, each key 32 random bytes in base64";
        let keys = keys.ok_or_else(|| SettingsError::malformed(KEYS, expected))?;
        let is_repeated = |n: usize| keys[..n].iter().any(|other| other.id == keys[n].id);
        if (1..keys.len()).any(is_repeated) {
            return Err(SettingsError::malformed(KEYS, "every key id once"));
        }
        Ok(Self { keys: keys.into(), entropy })
    }

    /// A ring of one key that a program made: 32 random bytes.
    ///
    /// # Errors
    /// It has another length.
    pub fn of(
        id: impl Into<String>,
        key: &SecretSlice<u8>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SealError> {
        let cipher =
            Aes256Gcm::new_from_slice(key.expose_secret()).map_err(|_| SealError::NoKey)?;
        Ok(Self { keys: [SealingKey { id: id.into(), cipher }].into(), entropy })
    }

    /// The id of the key that seals.
    pub fn current(&self) -> &str {
        self.keys.first().map_or("", |key| key.id.as_str())
    }

    /// Seals `plain` for `context`, without which it does not open: what it is, and whose.
    ///
    /// # Errors
    /// It is too long.
    pub fn seal(&self, context: &[&str], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let SealingKey { id, cipher } = self.keys.first().ok_or(SealError::UnknownKey)?;
        let mut nonce = [0; NONCE];
        self.entropy.fill(&mut nonce);
        let length = u8::try_from(id.len()).map_err(|_| SealError::TooLong)?;
        let header = [&[VERSION, length], id.as_bytes()].concat();
        let start = header.len() + NONCE;

        let mut sealed = Vec::with_capacity(start + plain.len() + TAG);
        sealed.extend([&header, nonce.as_slice(), plain].into_iter().flatten());
        let tag = cipher
            .encrypt_inout_detached(
                &Nonce::<Aes256Gcm>::from(nonce),
                &associated(&header, context),
                sealed[start..].as_mut().into(),
            )
            .map_err(|_| SealError::TooLong)?;
        sealed.extend(tag);
        Ok(sealed)
    }

    /// Opens what was sealed for `context`.
    ///
    /// # Errors
    /// Its key is unknown, or it is not what [`seal`](Self::seal) made for this context.
    pub fn open(&self, context: &[&str], sealed: &[u8]) -> Result<SecretSlice<u8>, SealError> {
        let (id, rest) = split(sealed).ok_or(SealError::Invalid)?;
        let header = &sealed[..sealed.len() - rest.len()];
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Invalid)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG>().ok_or(SealError::Invalid)?;
        let key = self.keys.iter().find(|key| key.id.as_bytes() == id);
        let mut plain = Zeroizing::new(ciphertext.to_vec());
        key.ok_or(SealError::UnknownKey)?
            .cipher
            .decrypt_inout_detached(
                &Nonce::<Aes256Gcm>::from(*nonce),
                &associated(header, context),
                plain.as_mut_slice().into(),
                &Tag::<Aes256Gcm>::from(*tag),
            )
            .map_err(|_| SealError::Invalid)?;
        Ok(std::mem::take(&mut *plain).into())
    }

    /// Whether the first key sealed it. If not, it should be sealed anew before its key is taken out of the ring.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        let id = split(sealed).map(|(id, _)| id);
        self.keys.first().is_some_and(|first| id == Some(first.id.as_bytes()))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

impl SealingKey {
    /// Reads `id:key`.
    fn read(pair: &str) -> Option<Self> {
        let (id, key) = pair.trim().split_once(':')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || id.len() > 32 || !id.chars().all(plain) {
            return None;
        }
        let key = Zeroizing::new(BASE64.decode(key).ok()?);
        // Of 32 random bytes nearly all differ.
        let distinct = (0..=u8::MAX).filter(|byte| key.contains(byte)).count();
        let cipher = Aes256Gcm::new_from_slice(&key).ok()?;
        (distinct >= 16).then(|| Self { id: id.to_owned(), cipher })
    }
}

/// The key's id, and what follows it.
fn split(sealed: &[u8]) -> Option<(&[u8], &[u8])> {
    match sealed {
        [VERSION, length, rest @ ..] => rest.split_at_checked((*length).into()),
        _ => None,
    }
}

/// The header, and each part of the context after its length, so that no two contexts look alike.
fn associated(header: &[u8], context: &[&str]) -> Vec<u8> {
    let mut data = header.to_vec();
    for part in context {
        data.extend((part.len() as u64).to_be_bytes());
        data.extend(part.as_bytes());
    }
    data
}

#[cfg(test)]
mod tests;
