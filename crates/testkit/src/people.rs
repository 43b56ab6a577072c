//! People of whom no process needs to know: their tokens are signed with the secret that the tests' services share.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use common::auth::{AccessClaims, AccessType, KeyRing, Scope, Secret};
use common::{Clock, Ids, SessionId, SystemClock, SystemEntropy, UserId};

use crate::{Actor, JWT_SECRETS};

/// Makes people for processes that a test has not built itself.
pub struct People {
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    ids: Ids,
    keys: KeyRing,
}

impl People {
    /// With one HTTP client among them. It uses no connection twice: one that the process is just closing would look like a fault.
    pub fn new() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (kid, secret) = JWT_SECRETS.split_once(':').unwrap();
        Self {
            http: reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap(),
            ids: Ids::new(clock.clone(), Arc::new(SystemEntropy)),
            keys: KeyRing::new(clock.clone(), &Secret::new(kid, secret).unwrap(), &[]),
            clock,
        }
    }

    /// Somebody new, with a token that is good for 15 minutes, calling the process at `base_url`.
    pub fn somebody(&self, base_url: &str) -> Actor {
        let token = access_token(self.ids.next(), self.clock.now(), &self.ids, &self.keys);
        Actor::new(self.http.clone(), base_url.to_owned(), Some(token))
    }
}

impl Default for People {
    fn default() -> Self {
        Self::new()
    }
}

pub(crate) fn access_token(id: UserId, now: DateTime<Utc>, ids: &Ids, keys: &KeyRing) -> String {
    let claims = AccessClaims {
        sub: id,
        username: format!("{id}@example.org"),
        scope: vec![Scope::Read, Scope::Write],
        sid: ids.next::<SessionId>(),
        jti: ids.next(),
        typ: AccessType::Access,
        iat: now.timestamp(),
        nbf: now.timestamp(),
        exp: (now + TimeDelta::minutes(15)).timestamp(),
    };
    let token = keys.sign_access(&claims).unwrap();
    secrecy::ExposeSecret::expose_secret(&token).to_owned()
}
