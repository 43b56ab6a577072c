//! How often somebody may try a password, or a second factor's code. An account has a budget of tries, whichever way they
//! come and wherever from, so that a password cannot be guessed from many addresses at once. A device on which its owner
//! signed in before has a budget of its own, so that whoever uses up the first does not lock the owner out.

use std::fmt::Write as _;

use chrono::TimeDelta;
use common::auth::{Purpose, TicketClaims};
use common::domain::user::{User, UserError, fold_email};
use platform::Instance;
use platform::limits::{Limits, Quota};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// The budgets.
pub struct Throttle {
    limits: Limits,
    quota: Quota,
    instance: Instance,
}

/// One that was taken.
pub struct Try(String);

impl Throttle {
    /// How long a device is known.
    pub const KNOWN: TimeDelta = TimeDelta::days(180);

    pub fn new(limits: Limits, quota: Quota, instance: Instance) -> Self {
        Self { limits, quota, instance }
    }

    /// Takes a try from a budget, whether there is an account with the address or not. A right password gives it back with
    /// [`put_back`](Self::put_back), so that only wrong ones count.
    pub async fn admit(
        &self,
        email: &str,
        account: Option<&User>,
        device_token: Option<&SecretString>,
    ) -> Result<Try, UserError> {
        // No address stands in the table, and none is longer than another.
        let mut key = "password:".to_owned();
        for byte in Sha256::digest(fold_email(email)) {
            let _never_fails = write!(key, "{byte:02x}");
        }
        if let Some(device) = account.and_then(|user| self.known(user, device_token)) {
            let _never_fails = write!(key, ":{}", device.jti);
        }
        match self.limits.check_key(&key, self.quota).await? {
            Some(verdict) if !verdict.allowed => {
                Err(UserError::TooManyTries { retry_after: verdict.retry_after })
            }
            _ => Ok(Try(key)),
        }
    }

    /// Gives a try back. That may fail: then there is one less for a while.
    pub async fn put_back(&self, Try(key): Try) {
        if let Err(error) = self.limits.put_back_key(&key, self.quota).await {
            tracing::warn!(%error, "a try was not given back");
        }
    }

    /// What tells a device again on which somebody has just signed in: the same device as before, if it was known.
    pub fn remember(
        &self,
        user: &User,
        device_token: Option<&SecretString>,
    ) -> Result<SecretString, UserError> {
        let now = self.instance.clock.now();
        let ticket = TicketClaims {
            sub: user.id,
            jti: self
                .known(user, device_token)
                .map_or_else(|| self.instance.ids.next(), |known| known.jti),
            password_version: None,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + Self::KNOWN).timestamp(),
        };
        self.instance
            .keys
            .sign_ticket(Purpose::Device, &ticket)
            .map_err(|error| UserError::Internal(Box::new(error)))
    }

    /// The device of a token, if the account's owner signed in on it.
    fn known(&self, user: &User, device_token: Option<&SecretString>) -> Option<TicketClaims> {
        let ticket = self
            .instance
            .keys
            .verify_ticket(Purpose::Device, device_token?.expose_secret())
            .ok()?;
        (ticket.sub == user.id).then_some(ticket)
    }
}
