//! The ring of shared secrets: the first signs, all verify, so that a secret can be replaced without signing
//! anybody out.
//!
//! Stricter than `jsonwebtoken`'s defaults, which let through a token without `aud` or `iss`, ignore `nbf`, allow 60 s
//! of leeway and take an empty secret (RFC 8725 §3 asks for more).

use std::sync::Arc;

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{AccessClaims, Purpose, ServiceClaims, TicketClaims};
use crate::Clock;

const ISSUER: &str = "omnichat";
const FOR_PEOPLE: &str = "omnichat-api";
const FOR_SERVICES: &str = "internal";

/// A secret of the ring, checked to be worth the name.
#[derive(Debug, Clone)]
pub struct Secret {
    kid: String,
    value: SecretString,
}

/// Why a secret is refused. Never shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// It can be guessed by trying.
    #[error("shorter than 40 characters")]
    TooShort,
    /// It repeats itself.
    #[error("made of repetitions")]
    Repetitive,
    /// It stands in somebody's documentation.
    #[error("a published example")]
    Published,
    /// Its key id is unusable.
    #[error("its key id is not 1 to 32 letters, digits, `-` or `_`")]
    BadKeyId,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was good once.
    #[error("the token has expired")]
    Expired,
    /// It never was.
    #[error("the token is not valid")]
    Invalid,
}

/// Signs and verifies tokens (HS256 alone).
#[derive(Clone)]
pub struct KeyRing {
    clock: Arc<dyn Clock>,
    signing: (Header, EncodingKey),
    verifying: Vec<(Header, DecodingKey)>,
}

#[derive(Serialize, Deserialize)]
struct Envelope<C> {
    iss: String,
    aud: String,
    #[serde(flatten)]
    claims: C,
}

impl Secret {
    /// Checks a secret.
    ///
    /// # Errors
    /// It is weak; see [`WeakSecret`].
    pub fn new(kid: &str, value: &str) -> Result<Self, WeakSecret> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if kid.is_empty() || kid.len() > 32 || !kid.chars().all(plain) {
            return Err(WeakSecret::BadKeyId);
        }
        weakness(value).map_or_else(|| Ok(Self { kid: kid.to_owned(), value: value.into() }), Err)
    }

    /// Its key id.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

fn weakness(secret: &str) -> Option<WeakSecret> {
    const PUBLISHED: [&str; 7] = [
        "changeme",
        "yoursecret",
        "your256bit",
        "supersecret",
        "secretkey",
        "jwtsecret",
        "example",
    ];
    let bytes = secret.as_bytes();
    if secret.chars().count() < 40 {
        return Some(WeakSecret::TooShort);
    }
    let periodic =
        (1..=bytes.len() / 2).any(|period| bytes[period..] == bytes[..bytes.len() - period]);
    let distinct = (0..=u8::MAX).filter(|byte| bytes.contains(byte)).count();
    if periodic || distinct < 10 {
        return Some(WeakSecret::Repetitive);
    }
    let squeezed: String =
        secret.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    PUBLISHED.iter().any(|known| squeezed.contains(known)).then_some(WeakSecret::Published)
}

impl KeyRing {
    /// How far the clocks of two processes may differ.
    pub const LEEWAY: TimeDelta = TimeDelta::seconds(5);

    /// A ring of `first`, which signs and verifies, and `others`, which only verify.
    pub fn new(clock: Arc<dyn Clock>, first: &Secret, others: &[Secret]) -> Self {
        let header = |secret: &Secret| Header {
            kid: Some(secret.kid.clone()),
            ..Header::new(Algorithm::HS256)
        };
        let bytes = |secret: &Secret| secret.value.expose_secret().as_bytes().to_vec();
        let verifying = std::iter::once(first)
            .chain(others)
            .map(|secret| (header(secret), DecodingKey::from_secret(&bytes(secret))))
            .collect();
        let signing = (header(first), EncodingKey::from_secret(&bytes(first)));
        Self { clock, signing, verifying }
    }

    /// Signs a person's access token.
    ///
    /// # Errors
    /// The claims cannot be written as JSON.
    pub fn sign_access(&self, claims: &AccessClaims) -> Result<SecretString, TokenError> {
        self.sign(FOR_PEOPLE, claims)
    }

    /// Signs a service's token.
    ///
    /// # Errors
    /// The claims cannot be written as JSON.
    pub fn sign_service(&self, claims: &ServiceClaims) -> Result<SecretString, TokenError> {
        self.sign(FOR_SERVICES, claims)
    }

    /// Verifies a person's access token.
    ///
    /// # Errors
    /// It has expired, or is not one of ours in every particular.
    pub fn verify_access(&self, token: &str) -> Result<AccessClaims, TokenError> {
        let claims: AccessClaims = self.verify(FOR_PEOPLE, token)?;
        self.check_times(claims.iat, claims.nbf, claims.exp)?;
        Ok(claims)
    }

    /// Verifies a person's access token except that it may have expired: for ending the session that it belongs to.
    ///
    /// # Errors
    /// It never was one of ours.
    pub fn read_access(&self, token: &str) -> Result<AccessClaims, TokenError> {
        self.verify(FOR_PEOPLE, token)
    }

    /// Verifies a service's token.
    ///
    /// # Errors
    /// It has expired, or is not one of ours in every particular.
    pub fn verify_service(&self, token: &str) -> Result<ServiceClaims, TokenError> {
        let claims: ServiceClaims = self.verify(FOR_SERVICES, token)?;
        self.check_times(claims.iat, claims.nbf, claims.exp)?;
        Ok(claims)
    }

    /// Signs a ticket.
    ///
    /// # Errors
    /// The claims cannot be written as JSON.
    pub fn sign_ticket(
        &self,
        purpose: Purpose,
        claims: &TicketClaims,
    ) -> Result<SecretString, TokenError> {
        self.sign(audience_of(purpose), claims)
    }

    /// Verifies a ticket.
    ///
    /// # Errors
    /// It has expired, or is not one of ours for this purpose in every particular.
    pub fn verify_ticket(&self, purpose: Purpose, token: &str) -> Result<TicketClaims, TokenError> {
        let claims: TicketClaims = self.verify(audience_of(purpose), token)?;
        self.check_times(claims.iat, claims.nbf, claims.exp)?;
        Ok(claims)
    }

    fn sign(&self, audience: &str, claims: &impl Serialize) -> Result<SecretString, TokenError> {
        let envelope = Envelope { iss: ISSUER.to_owned(), aud: audience.to_owned(), claims };
        jsonwebtoken::encode(&self.signing.0, &envelope, &self.signing.1)
            .map(SecretString::from)
            .map_err(|_| TokenError::Invalid)
    }

    fn verify<C: DeserializeOwned>(&self, audience: &str, token: &str) -> Result<C, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        // Equal in every field: no other algorithm, no `crit`, `jku`, `jwk`, `x5u`, `zip`.
        let (_, key) =
            self.verifying.iter().find(|(ours, _)| *ours == header).ok_or(TokenError::Invalid)?;
        let mut rules = Validation::new(Algorithm::HS256);
        // The times are checked against the injected clock by `check_times`.
        rules.validate_exp = false;
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[audience]);
        rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        jsonwebtoken::decode::<Envelope<C>>(token, key, &rules)
            .map(|decoded| decoded.claims.claims)
            .map_err(|_| TokenError::Invalid)
    }

    fn check_times(&self, issued: i64, not_before: i64, expires: i64) -> Result<(), TokenError> {
        let now = self.clock.now().timestamp();
        let leeway = Self::LEEWAY.num_seconds();
        let sane = 0 <= issued && issued <= expires && 0 <= not_before && not_before <= expires;
        if !sane || now.saturating_add(leeway) < issued.max(not_before) {
            return Err(TokenError::Invalid);
        }
        if expires.saturating_add(leeway) <= now {
            return Err(TokenError::Expired);
        }
        Ok(())
    }
}

fn audience_of(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Device => "device",
        Purpose::SecondFactor => "second_factor",
    }
}

#[cfg(test)]
mod tests;
