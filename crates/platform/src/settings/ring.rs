//! `[tokens]`: the ring of secrets.

use std::sync::Arc;

use common::Clock;
use common::auth::{KeyRing, Secret};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Settings, SettingsError, name_of};

#[derive(Deserialize)]
struct TokenSettings {
    secrets: SecretString,
    secret: SecretString,
}

/// The key ring that the settings describe.
///
/// # Errors
/// There is no secret, or one is weak.
pub fn key_ring(settings: &Settings, clock: Arc<dyn Clock>) -> Result<KeyRing, SettingsError> {
    let section: TokenSettings = settings.section("tokens")?;
    let (key, secrets) = if section.secrets.expose_secret().is_empty() {
        ("tokens.secret", vec![("default", section.secret.expose_secret())])
    } else {
        let pairs: Option<Vec<_>> =
            section.secrets.expose_secret().split(',').map(|pair| pair.split_once(':')).collect();
        let key = "tokens.secrets";
        (key, pairs.ok_or_else(|| SettingsError::malformed(key, "kid:secret,kid:secret"))?)
    };
    if secrets.iter().all(|(_, secret)| secret.is_empty()) {
        let hint = "make one with `openssl rand -base64 48`, the same for all services".to_owned();
        return Err(SettingsError::Missing { key: name_of(key), hint });
    }
    let secrets: Vec<Secret> = secrets
        .into_iter()
        .map(|(kid, secret)| Secret::new(kid.trim(), secret.trim()))
        .collect::<Result<_, _>>()
        .map_err(|weak| {
            SettingsError::malformed(key, format!("a strong secret, but one is {weak}"))
        })?;
    let mut ids: Vec<&str> = secrets.iter().map(Secret::kid).collect();
    ids.sort_unstable();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(SettingsError::malformed(key, "every key id once"));
    }
    let [first, others @ ..] = secrets.as_slice() else {
        return Err(SettingsError::malformed(key, "kid:secret,kid:secret"));
    };
    Ok(KeyRing::new(clock, first, others))
}
