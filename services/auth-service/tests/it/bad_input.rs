//! Bad input gets the envelope and a code that says what to do, never a 5xx.

use reqwest::Method;
use serde_json::json;
use testkit::{Engine, redacted};

use super::{PASSWORD, start};

const ENDPOINTS: &[&str] = &["/auth/register", "/users", "/auth/login", "/auth/refresh"];

/// Bodies, with the field that is named.
const REGISTRATIONS: &[(&str, &str)] = &[
    (r#"{}"#, "email"),
    (r#"{"password": "x"}"#, "email"),
    (r#"{"email": "a@b.org"}"#, "password"),
    (r#"{"email": 7, "password": "x"}"#, "email"),
    (r#"{"email": null, "password": "x"}"#, "email"),
    (r#"{"email": "", "password": "x"}"#, "email"),
    (r#"{"email": "ada", "password": "x"}"#, "email"),
    (r#"{"email": "ada@", "password": "x"}"#, "email"),
    (r#"{"email": "@b.org", "password": "x"}"#, "email"),
    (r#"{"email": " a@b.org", "password": "x"}"#, "email"),
    (r#"{"email": "a@b.org\n", "password": "x"}"#, "email"),
    (r#"{"email": "a b@b.org", "password": "x"}"#, "email"),
    (r#"{"email": "a@b.org", "password": 12345678}"#, "password"),
    (r#"{"email": "a@b.org", "password": null}"#, "password"),
    (r#"{"email": "a@b.org", "password": "x", "password": "y"}"#, "password"),
    (r#"{"email": "a@b.org", "password": "x", "displayName": ""}"#, "displayName"),
    (r#"{"email": "a@b.org", "password": "x", "displayName": " "}"#, "displayName"),
    (r#"{"email": "a@b.org", "password": "x", "displayName": {}}"#, "displayName"),
    (r#"{"email": "a@b.org", "password": "x", "displayName": "a\u0000b"}"#, "body"),
    (r#"{"email": "a@b.org", "password": "x", "display_name": "y"}"#, "display_name"),
    (r#"{"email": "a@b.org", "password": "x", "isActive": true}"#, "isActive"),
    (r#"{"email": "a@b.org", "password": "x", "id": "y"}"#, "id"),
    (r#"{"email": "a@b.org", "password": "x", "username": "y"}"#, "username"),
];

const LOGINS: &[(&str, &str)] = &[
    (r#"{}"#, "password"),
    (r#"{"password": "x"}"#, "email"),
    (r#"{"email": null, "password": "x"}"#, "email"),
    (r#"{"email": "a@b.org", "username": "a@b.org", "password": "x"}"#, "email"),
    (r#"{"email": ["a@b.org"], "password": "x"}"#, "email"),
    (r#"{"email": "", "password": "x"}"#, "email"),
    (r#"{"username": " ", "password": "x"}"#, "username"),
    (r#"{"email": "a@b.org"}"#, "password"),
    (r#"{"email": "a@b.org", "password": {}}"#, "password"),
    (r#"{"email": "a@b.org", "password": "x", "remember": true}"#, "remember"),
];

const REFRESHES: &[(&str, &str)] = &[
    (r#"{}"#, "refreshToken"),
    (r#"{"refreshToken": 7}"#, "refreshToken"),
    (r#"{"refreshToken": null}"#, "refreshToken"),
    (r#"{"refreshToken": "x", "grant_type": "y"}"#, "grant_type"),
    (r#"["x"]"#, "body"),
];

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_checked_and_named() {
    let auth = start(Engine::Sqlite).await;
    let somebody = auth.anonymous();
    for (path, bodies) in [
        ("/auth/register", REGISTRATIONS),
        ("/users", REGISTRATIONS),
        ("/auth/login", LOGINS),
        ("/auth/refresh", REFRESHES),
    ] {
        for (body, field) in bodies {
            let request = somebody.request(Method::POST, path);
            let request = request.header("content-type", "application/json").body(*body);
            let refused = somebody.send(request).await.expect(400);
            assert_eq!(refused.code(), "VALIDATION_ERROR", "{body}");
            let details = &refused.json["error"]["details"];
            assert_eq!(details["field"], *field, "{body}: {}", refused.text);
            assert!(details["expected"].is_string(), "{}", refused.text);
        }
    }
    assert_eq!(auth.module.state().users.hashes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn lengths_are_bounded_and_all_fields_that_fail_are_named() {
    let auth = start(Engine::Sqlite).await;
    let somebody = auth.anonymous();
    let long_address = format!("{}@{}org", "a".repeat(64), "b.".repeat(94));
    assert_eq!(long_address.len(), 256);
    let (fits, long) = ("x".repeat(100), "x".repeat(101));
    for (email, name, status) in [
        (&long_address[..], &fits, 400),
        (&long_address[2..], &long, 400),
        (&long_address[2..], &fits, 201),
    ] {
        let body = json!({"email": email, "password": PASSWORD, "displayName": name});
        let _ = somebody.post("/auth/register", body).await.expect(status);
    }
    let body = json!({"email": "x".repeat(255), "password": PASSWORD});
    assert_eq!(somebody.post("/auth/login", body).await.expect(400).code(), "VALIDATION_ERROR");

    let both = json!({"email": "ada", "password": PASSWORD, "displayName": ""});
    let both = somebody.post("/auth/register", both).await.expect(400);
    insta::assert_json_snapshot!("two_fields", redacted(&both.json));
    let neither = json!({"password": PASSWORD});
    let neither = somebody.post("/auth/login", neither).await.expect(400);
    insta::assert_json_snapshot!("neither_name", redacted(&neither.json));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_and_must_be_json() {
    let auth = start(Engine::Sqlite).await;
    let somebody = auth.anonymous();
    let post = |path: &str, kind: &str, body: String| {
        let request = somebody.request(Method::POST, path).header("content-type", kind).body(body);
        let somebody = somebody.clone();
        async move { somebody.send(request).await }
    };
    let json = "application/json";
    let large = json!({"password": "x".repeat(1 << 20)}).to_string();
    for path in ENDPOINTS {
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
            assert_eq!(
                post(path, kind, "{}".to_owned()).await.expect(415).code(),
                "UNSUPPORTED_MEDIA_TYPE"
            );
        }
        assert_eq!(post(path, json, large.clone()).await.expect(413).code(), "PAYLOAD_TOO_LARGE");
        let broken = [
            "",
            "{",
            "null",
            "nul",
            "[]",
            "{} x",
            r#"{"password": "\ud800"}"#,
            r#"{"password": "\u0000"}"#,
        ];
        for body in broken.into_iter().map(str::to_owned).chain(["[".repeat(100_000)]) {
            assert_eq!(post(path, json, body).await.expect(400).code(), "VALIDATION_ERROR");
        }
    }
}
