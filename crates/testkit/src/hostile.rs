//! Thousands of tokens that are almost good: none may open anything, and none may break anything.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::StreamExt;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::{Actor, JWT_SECRETS, TestApp};

const AT_ONCE: usize = 32;

/// Sends `path` at least 5,000 tokens made from the person's, each wrong in some way. Every one must be refused with 401.
pub async fn assert_withstands_hostile_tokens(app: &TestApp, person: &Actor, path: &str) {
    assert!(person.get(path).await.status.is_success(), "the good token opens it");
    let tokens = hostile_tokens(person.token());
    assert!(tokens.len() >= 5_000, "only {} tokens", tokens.len());
    let answers = futures_util::stream::iter(tokens).map(|token| async move {
        let actor = app.anonymous();
        let request = actor.request(reqwest::Method::GET, path);
        let refused = actor.send(request.header("authorization", format!("Bearer {token}"))).await;
        assert_eq!(refused.status, 401, "{token}: {}", refused.text);
    });
    answers.buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// Tokens that differ from a good one.
fn hostile_tokens(good: &str) -> BTreeSet<String> {
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims] = [read(parts[0]), read(parts[1])];
    let mut tokens = BTreeSet::new();
    let mut add = |header: &Value, claims: &Value, algorithm| {
        tokens.insert(sign(&header.to_string(), &claims.to_string(), algorithm));
    };

    // Headers, each with every way to sign.
    let wrong_headers = wrong_headers(&header);
    for header in &wrong_headers {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            add(header, &claims, algorithm);
        }
    }
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        add(&header, &claims, algorithm);
    }
    // Claims, one and two wrong at a time.
    let wrong_claims = wrong_claims(&claims);
    for (name, value) in &wrong_claims {
        add(&header, &changed(&claims, name, value), Algorithm::HS256);
    }
    for (index, (name, value)) in wrong_claims.iter().enumerate() {
        let once = changed(&claims, name, value);
        for (other, value) in wrong_claims.iter().skip(index + 1).step_by(5) {
            add(&header, &changed(&once, other, value), Algorithm::HS256);
        }
    }
    // The text itself: cut, flipped, unsigned, signed by somebody else.
    for cut in 0..good.len() {
        tokens.insert(good[..cut].to_owned());
        let flipped = if good.as_bytes()[cut] == b'A' { 'B' } else { 'A' };
        tokens.insert(format!("{}{flipped}{}", &good[..cut], &good[cut + 1..]));
        tokens.insert(format!("{}.{}", &good[..cut], &good[cut..]));
    }
    let unsigned = format!("{}.{}", parts[0], parts[1]);
    tokens.extend([format!("{unsigned}."), unsigned, format!("{good}="), format!("{good} {good}")]);
    tokens.extend(["null".to_owned(), "..".to_owned(), format!("{good}.{good}")]);
    tokens.remove(good);
    tokens
}

fn wrong_headers(good: &Value) -> Vec<Value> {
    let algorithms = [
        "none", "None", "nOnE", "NONE", "", "hs256", "HS384", "HS512", "RS256", "RS512", "ES256",
        "ES384", "PS256", "EdDSA", "HS257", "dir", "A256KW",
    ];
    let mut wrong: Vec<_> =
        algorithms.iter().map(|name| changed(good, "alg", &Some(json!(name)))).collect();
    wrong.extend(mistyped().map(|value| changed(good, "alg", &Some(value))));
    let keys = ["../../etc/passwd", "/dev/null", "' OR 1=1 --", "\u{0}", "other", "", "TEST"];
    wrong.extend(keys.iter().map(|kid| changed(good, "kid", &Some(json!(kid)))));
    wrong.extend(mistyped().map(|value| changed(good, "kid", &Some(value))));
    let extras = ["jku", "x5u", "jwk", "x5c", "x5t", "crit", "b64", "zip", "enc", "cty", "nonce"];
    for name in extras {
        let values =
            [json!("x"), json!("http://127.0.0.1:1/keys"), json!(["b64"]), json!({"kty": "oct"})];
        wrong.extend(values.into_iter().map(|value| changed(good, name, &Some(value))));
    }
    wrong.extend(["alg", "kid"].map(|name| changed(good, name, &None)));
    wrong.extend(
        [json!("at+jwt"), json!("jwt"), json!("")].map(|typ| changed(good, "typ", &Some(typ))),
    );
    // A header parameter that is null is as good as absent, and so is one that nobody knows.
    wrong.retain(|header| header != good);
    wrong
}

fn wrong_claims(good: &Value) -> Vec<(&'static str, Option<Value>)> {
    let mut wrong = Vec::new();
    let names =
        ["iss", "aud", "sub", "jti", "sid", "typ", "scope", "iat", "nbf", "exp", "username"];
    for name in names {
        wrong.push((name, None));
        let is_text = name == "username";
        let values = mistyped().filter(|value| !(is_text && value.is_string()));
        // An empty list of scopes is well-formed: it may do nothing, which is another answer.
        let values = values.filter(|value| !(name == "scope" && *value == json!([])));
        wrong.extend(values.map(|value| (name, Some(value))));
    }
    let texts: [(&str, &[&str]); 5] = [
        ("iss", &["OmniChat", "omnichat ", "https://omnichat", "omnichat.evil"]),
        ("aud", &["internal", "omnichat", "OMNICHAT-API", "omnichat-api,internal", "device"]),
        ("typ", &["refresh", "Access", "access ", "service"]),
        ("sub", &["chat-service", "00000000", "urn:uuid:x", "1"]),
        ("sid", &["current", "*", "00000000-0000-0000-0000-00000000000g"]),
    ];
    for (name, values) in texts {
        wrong.extend(values.iter().map(|value| (name, Some(json!(value)))));
    }
    wrong.push(("aud", Some(json!(["omnichat-api"]))));
    wrong.push(("scope", Some(json!(["admin"]))));
    wrong.push(("scope", Some(json!("read write"))));
    let now = good["iat"].as_i64().unwrap();
    for ago in [3_600, 86_400, 31_536_000, now] {
        wrong.push(("exp", Some(json!(now - ago))));
    }
    for ahead in [3_600, 86_400, 31_536_000, i64::MAX - now] {
        wrong.push(("nbf", Some(json!(now + ahead))));
        wrong.push(("iat", Some(json!(now + ahead))));
    }
    wrong
}

/// What a value may be in place of what it should be.
fn mistyped() -> impl Iterator<Item = Value> {
    [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(18_446_744_073_709_551_615_u64),
        json!(""),
        json!("x"),
        json!("0"),
        json!("\u{0}"),
        json!("🐝".repeat(50)),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"a": {"b": {}}}),
    ]
    .into_iter()
}

/// The object with one field changed, or taken out.
fn changed(object: &Value, name: &str, value: &Option<Value>) -> Value {
    let mut object = object.clone();
    let fields = object.as_object_mut().unwrap();
    match value {
        Some(value) => fields.insert(name.to_owned(), value.clone()),
        None => fields.remove(name),
    };
    object
}

fn read(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A token with the services' own secret.
fn sign(header: &str, claims: &str, algorithm: Algorithm) -> String {
    let (_, secret) = JWT_SECRETS.split_once(':').unwrap();
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &key, algorithm).unwrap();
    format!("{text}.{signature}")
}
