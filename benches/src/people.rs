//! People whom auth-service need not know: each has an access token that the services' own secret has signed.

use std::sync::Arc;

use anyhow::Context as _;
use common::auth::{AccessClaims, AccessType, KeyRing, Scope, Secret};
use common::{Ids, SessionId, SystemClock, SystemEntropy, UserId};
use secrecy::ExposeSecret as _;

/// Longer than any measurement, in seconds.
const GOOD_FOR: i64 = 24 * 3_600;

/// Somebody who may write.
pub struct Person {
    pub id: UserId,
    pub token: String,
}

/// Makes so many.
pub fn people(how_many: usize) -> anyhow::Result<Vec<Person>> {
    let clock = Arc::new(SystemClock);
    let (kid, secret) = testkit::JWT_SECRETS.split_once(':').context("a key id")?;
    let keys = KeyRing::new(clock.clone(), &Secret::new(kid, secret)?, &[]);
    let ids = Ids::new(clock.clone(), Arc::new(SystemEntropy));
    let now = common::Clock::now(&*clock).timestamp();
    let person = |_| {
        let id: UserId = ids.next();
        let claims = AccessClaims {
            sub: id,
            username: format!("{id}@example.org"),
            scope: vec![Scope::Read, Scope::Write],
            sid: ids.next::<SessionId>(),
            jti: ids.next(),
            typ: AccessType::Access,
            iat: now,
            nbf: now,
            exp: now + GOOD_FOR,
        };
        let token = keys.sign_access(&claims)?.expose_secret().to_owned();
        anyhow::Ok(Person { id, token })
    };
    (0..how_many).map(person).collect()
}
