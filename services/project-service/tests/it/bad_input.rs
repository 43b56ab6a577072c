//! Bad input gets the envelope and a code that says what to do, never a 5xx.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Engine, redacted};

use super::{a_project, a_prompt, start};

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_checked_and_all_that_fail_are_named() {
    let app = start(Engine::Sqlite).await;
    let user = app.user();
    let project = a_project(&user, "p").await;
    let prompt = a_prompt(&user, &project, "n", "c").await;
    let (projects, prompts) = ("/projects".to_owned(), format!("/projects/{project}/prompts"));
    let (one, restore, render) = (
        format!("/prompts/{prompt}"),
        format!("/prompts/{prompt}/restore"),
        format!("/prompts/{prompt}/render"),
    );

    let cases: Vec<(Method, &String, Value, &str)> = vec![
        (Method::POST, &projects, json!({}), "name"),
        (Method::POST, &projects, json!({"name": 7}), "name"),
        (Method::POST, &projects, json!({"name": null}), "name"),
        (Method::POST, &projects, json!({"name": " "}), "name"),
        (Method::POST, &projects, json!({"name": "x".repeat(201)}), "name"),
        (
            Method::POST,
            &projects,
            json!({"name": "x", "description": "x".repeat(2001)}),
            "description",
        ),
        (Method::POST, &projects, json!({"name": "x", "userId": "y"}), "userId"),
        (Method::POST, &projects, json!({"name": "x", "id": "y"}), "id"),
        (Method::POST, &projects, json!([]), "body"),
        (Method::POST, &projects, json!("x"), "body"),
        (Method::POST, &projects, json!({"name": "a\u{0}b"}), "body"),
        (Method::POST, &prompts, json!({"name": "x"}), "content"),
        (Method::POST, &prompts, json!({"name": "x", "content": ""}), "content"),
        (Method::POST, &prompts, json!({"name": "x", "content": "y", "position": -1}), "position"),
        (Method::POST, &prompts, json!({"name": "x", "content": "y", "position": 1.5}), "position"),
        (
            Method::POST,
            &prompts,
            json!({"name": "x", "content": "y", "isActive": "yes"}),
            "isActive",
        ),
        (Method::PATCH, &one, json!({"expectedVersion": -1}), "expectedVersion"),
        (Method::PATCH, &one, json!({"version": 3}), "version"),
        (Method::POST, &restore, json!({"version": "1"}), "version"),
        (Method::POST, &render, json!({"variables": {"a": 1}}), "variables.a"),
    ];
    for (method, path, body, field) in cases {
        let refused = user.send(user.request(method, path).json(&body)).await.expect(400);
        assert_eq!(refused.code(), "VALIDATION_ERROR", "{body}");
        assert_eq!(refused.json["error"]["details"]["field"], field, "{body}: {}", refused.text);
        assert!(refused.json["error"]["details"]["expected"].is_string(), "{}", refused.text);
    }
    let both = user
        .post(&projects, json!({"name": "", "description": "x".repeat(2001)}))
        .await
        .expect(400);
    insta::assert_json_snapshot!("two_fields", redacted(&both.json));
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_ids_and_cursors_are_checked() {
    let app = start(Engine::Sqlite).await;
    let user = app.user();
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=abc", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        ("orderBy=name", "orderBy"),
        ("order=up", "order"),
        ("q=", "q"),
        ("q=a%00b", "query"),
        ("page=2", "page"),
    ] {
        let refused = user.get(&format!("/projects?{query}")).await.expect(400);
        assert_eq!(refused.code(), "VALIDATION_ERROR", "{query}");
        assert_eq!(refused.json["error"]["details"]["field"], field, "{query}: {}", refused.text);
    }
    for id in [
        "x",
        "1",
        "%00",
        "..%2f..%2fetc",
        "%ff",
        &"9".repeat(10_000),
        "00000000-0000-0000-0000-000000000000",
    ] {
        assert_eq!(user.get(&format!("/projects/{id}")).await.expect(404).code(), "NOT_FOUND");
    }
    assert_eq!(user.get("/nowhere").await.expect(404).code(), "NOT_FOUND");
    let put = user.send(user.request(Method::PUT, "/projects").json(&json!({}))).await.expect(405);
    assert_eq!((put.code(), put.header("allow")), ("METHOD_NOT_ALLOWED", Some("GET, HEAD, POST")));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_and_must_be_json() {
    let app = start(Engine::Sqlite).await;
    let user = app.user();
    let post = |kind: &'static str, body: String| {
        let request =
            user.request(Method::POST, "/projects").header("content-type", kind).body(body);
        let user = user.clone();
        async move { user.send(request).await }
    };
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        assert_eq!(
            post(kind, json!({"name": "x"}).to_string()).await.expect(415).code(),
            "UNSUPPORTED_MEDIA_TYPE"
        );
    }
    let json = "application/json";
    assert_eq!(
        post(json, format!("{{\"name\": \"{}\"}}", "x".repeat(1 << 20))).await.expect(413).code(),
        "PAYLOAD_TOO_LARGE"
    );
    let broken = [
        "",
        "{",
        "null",
        "nul",
        "{\"name\": \"x\"} x",
        "{\"name\": \"x\", \"name\": \"y\"}",
        "{\"name\": \"\\ud800\"}",
        "\u{feff}{}",
    ];
    for body in broken.into_iter().map(str::to_owned).chain(["[".repeat(100_000)]) {
        assert_eq!(post(json, body).await.expect(400).code(), "VALIDATION_ERROR");
    }
    post("application/json; charset=utf-8", json!({"name": "Grüße 👋🏽"}).to_string())
        .await
        .expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_taken_if_it_is_well_formed_and_made_otherwise() {
    let app = start(Engine::Sqlite).await;
    let user = app.user();
    let ask =
        |id: &str| user.send(user.request(Method::GET, "/nowhere").header("x-request-id", id));
    let kept = ask("abc-1_Z").await;
    assert_eq!(
        (kept.header("x-request-id"), &kept.json["requestId"]),
        (Some("abc-1_Z"), &json!("abc-1_Z"))
    );
    for odd in ["a b", "", &"x".repeat(65), "ü"] {
        let made = ask(odd).await;
        assert!(made.header("x-request-id").unwrap().starts_with("req_"));
    }
}
