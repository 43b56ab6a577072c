use chrono::DateTime;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::ManualClock;
use crate::auth::{AccessType, Scope};

const ONE: &str = "k8Zr1vQw0yT6uJm4pXs9dLc2fGh7bNaE5iKoV3xR";
const TWO: &str = "Wq3nB7sYt1Gz9xKd5Pv0Lc8mRj4hUf6aEo2iTyX1";

fn clock() -> ManualClock {
    ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

fn ring(clock: &ManualClock, secrets: &[(&str, &str)]) -> KeyRing {
    let secrets: Vec<_> = secrets.iter().map(|(kid, s)| Secret::new(kid, s).unwrap()).collect();
    KeyRing::new(Arc::new(clock.clone()), &secrets[0], &secrets[1..])
}

fn claims(clock: &ManualClock) -> AccessClaims {
    let now = clock.now().timestamp();
    AccessClaims {
        sub: Uuid::from_u128(1).into(),
        username: "ada@example.org".into(),
        scope: vec![Scope::Read, Scope::Write],
        sid: Uuid::from_u128(2).into(),
        jti: Uuid::from_u128(3).into(),
        typ: AccessType::Access,
        iat: now,
        nbf: now,
        exp: now + 900,
    }
}

#[test]
fn a_token_verifies_until_it_expires() {
    let clock = clock();
    let ring = ring(&clock, &[("a", ONE)]);
    let claims = claims(&clock);
    let token = ring.sign_access(&claims).unwrap();
    assert_eq!(ring.verify_access(token.expose_secret()), Ok(claims));
    clock.advance(TimeDelta::seconds(904));
    assert!(ring.verify_access(token.expose_secret()).is_ok());
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(ring.verify_access(token.expose_secret()), Err(TokenError::Expired));
    assert!(ring.read_access(token.expose_secret()).is_ok());
    assert!(ring.read_access(&token.expose_secret()[1..]).is_err());
}

#[test]
fn an_old_secret_verifies_while_it_is_in_the_ring() {
    let clock = clock();
    let token = ring(&clock, &[("a", ONE)]).sign_access(&claims(&clock)).unwrap();
    assert!(ring(&clock, &[("b", TWO), ("a", ONE)]).verify_access(token.expose_secret()).is_ok());
    assert!(ring(&clock, &[("b", TWO)]).verify_access(token.expose_secret()).is_err());
    assert!(ring(&clock, &[("a", TWO)]).verify_access(token.expose_secret()).is_err());
}

#[test]
fn every_claim_is_required_and_typed() {
    let clock = clock();
    let ring = ring(&clock, &[("a", ONE)]);
    let good = serde_json::to_value(Envelope {
        iss: ISSUER.into(),
        aud: FOR_PEOPLE.into(),
        claims: claims(&clock),
    })
    .unwrap();
    let verify = |header: &Header, body: &Value| {
        let token =
            jsonwebtoken::encode(header, body, &EncodingKey::from_secret(ONE.as_bytes())).unwrap();
        ring.verify_access(&token)
    };
    let header = ring.signing.0.clone();
    assert!(verify(&header, &good).is_ok());

    let hostile =
        [json!(null), json!(-1), json!(1.5), json!(1e300), json!("x"), json!([1]), json!({})];
    for name in ["iss", "aud", "sub", "jti", "typ", "sid", "exp", "nbf", "iat", "scope", "username"]
    {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(name);
        assert!(verify(&header, &body).is_err(), "without {name}");
        for value in &hostile {
            if name == "username" && value.is_string() {
                continue;
            }
            body[name] = value.clone();
            assert!(verify(&header, &body).is_err(), "{name} = {value}");
        }
    }
    let odd = Header { crit: Some(vec!["b64".into()]), ..header.clone() };
    assert!(verify(&odd, &good).is_err());
    assert!(verify(&Header { alg: Algorithm::HS384, ..header }, &good).is_err());
}

#[test]
fn a_service_token_is_no_access_token() {
    let clock = clock();
    let ring = ring(&clock, &[("a", ONE)]);
    let now = clock.now().timestamp();
    let service = ServiceClaims {
        sub: "chat-service".into(),
        jti: Uuid::from_u128(3).into(),
        iat: now,
        nbf: now,
        exp: now + 60,
    };
    let token = ring.sign_service(&service).unwrap();
    assert_eq!(ring.verify_service(token.expose_secret()), Ok(service));
    assert!(ring.verify_access(token.expose_secret()).is_err());
    let access = ring.sign_access(&claims(&clock)).unwrap();
    assert!(ring.verify_service(access.expose_secret()).is_err());
}

#[test]
fn a_ticket_is_good_for_its_purpose_until_it_expires() {
    let clock = clock();
    let ring = ring(&clock, &[("a", ONE)]);
    let now = clock.now().timestamp();
    let ticket = TicketClaims {
        sub: Uuid::from_u128(1).into(),
        jti: Uuid::from_u128(3).into(),
        password_version: None,
        iat: now,
        nbf: now,
        exp: now + 300,
    };
    let token = ring.sign_ticket(Purpose::SecondFactor, &ticket).unwrap();
    let token = token.expose_secret();
    assert_eq!(ring.verify_ticket(Purpose::SecondFactor, token), Ok(ticket));
    assert!(ring.verify_ticket(Purpose::Device, token).is_err());
    assert!(ring.verify_access(token).is_err() && ring.verify_service(token).is_err());
    let access = ring.sign_access(&claims(&clock)).unwrap();
    assert!(ring.verify_ticket(Purpose::Device, access.expose_secret()).is_err());
    clock.advance(TimeDelta::seconds(305));
    assert_eq!(ring.verify_ticket(Purpose::SecondFactor, token), Err(TokenError::Expired));
}

#[test]
fn weak_secrets_are_refused() {
    let weak = |secret: &str| Secret::new("a", secret).unwrap_err();
    assert_eq!(weak(""), WeakSecret::TooShort);
    assert_eq!(weak(&ONE[..39]), WeakSecret::TooShort);
    assert_eq!(weak(&"a".repeat(64)), WeakSecret::Repetitive);
    assert_eq!(weak(&"0123456789abcdef".repeat(4)), WeakSecret::Repetitive);
    assert_eq!(weak("your-secret-key-change-this-in-production-please"), WeakSecret::Published);
    assert_eq!(Secret::new("a b", ONE).unwrap_err(), WeakSecret::BadKeyId);
}
