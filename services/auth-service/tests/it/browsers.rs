//! Browsers: their tokens are in cookies, and in no body.

use chrono::TimeDelta;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply, redacted};

use super::{PASSWORD, refusal, with_ada};

const ADA: &str = "ada@example.org";

/// The values of the cookies that an answer sets, by name.
fn cookies(reply: &Reply) -> Vec<(String, String)> {
    let set = reply.headers.get_all("set-cookie").iter();
    set.map(|cookie| {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    })
    .collect()
}

fn cookie(reply: &Reply, name: &str) -> String {
    let found = cookies(reply).into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no {name} in {:?}", reply.headers)).1
}

async fn ask(somebody: &Actor, method: Method, path: &str, sent: &str, body: Value) -> Reply {
    let request = somebody
        .request(method, path)
        .header("cookie", sent)
        .header("sec-fetch-site", "same-origin");
    somebody.send(if body.is_null() { request } else { request.json(&body) }).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_stays_and_signs_out(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (auth, clock) = with_ada(engine).await;
    let browser = auth.anonymous();
    let session = browser.post("/login", json!({"email": ADA, "password": PASSWORD})).await;
    let session = session.expect(200);
    insta::assert_json_snapshot!("browser_session", redacted(&session.json));
    let names: Vec<_> = cookies(&session).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["access_token", "refresh_token", "device_token"]);
    for set in session.headers.get_all("set-cookie") {
        let set = set.to_str().unwrap();
        assert!(set.contains("HttpOnly") && set.contains("Secure"), "{set}");
        assert!(set.contains("SameSite=Lax") && set.len() < 4_096, "{set}");
    }
    let access = format!("access_token={}", cookie(&session, "access_token"));
    let refresh = format!("refresh_token={}", cookie(&session, "refresh_token"));

    let check = |sent: String| {
        let browser = browser.clone();
        async move { ask(&browser, Method::GET, "/check_session", &sent, Value::Null).await }
    };
    clock.advance(TimeDelta::seconds(100));
    let checked = check(access.clone()).await.expect(200);
    assert_eq!(checked.json["data"]["expiresIn"], 800);
    assert_eq!(checked.data("user"), session.data("user"));
    assert_eq!(check(String::new()).await.expect(401).code(), "UNAUTHORIZED");

    let refreshed = ask(&browser, Method::POST, "/auth/refresh", &refresh, Value::Null).await;
    let refreshed = refreshed.expect(200);
    assert_eq!(refreshed.json["data"], json!({"user": session.data("user"), "expiresIn": 900}));
    let names: Vec<_> = cookies(&refreshed).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["access_token", "refresh_token"]);
    let access = format!("access_token={}", cookie(&refreshed, "access_token"));
    let refresh = format!("refresh_token={}", cookie(&refreshed, "refresh_token"));
    assert_eq!(check(access.clone()).await.expect(200).json["data"]["expiresIn"], 900);

    let out = ask(&browser, Method::POST, "/logout", &access, Value::Null).await.expect(200);
    let cleared = [("access_token", ""), ("refresh_token", "")];
    assert_eq!(cookies(&out), cleared.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(check(access.clone()).await.expect(401).code(), "UNAUTHORIZED");
    let late = ask(&browser, Method::POST, "/auth/refresh", &refresh, Value::Null).await;
    assert_eq!(late.expect(401).code(), "UNAUTHORIZED");
    ask(&browser, Method::POST, "/logout", &access, Value::Null).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_refused_in_the_same_words_as_a_program() {
    let (auth, _) = with_ada(Engine::Sqlite).await;
    let browser = auth.anonymous();
    let wrong = json!({"username": ADA, "password": "wrong"});
    let refused = browser.post("/login", wrong.clone()).await.expect(401);
    assert_eq!(refusal(&refused), refusal(&browser.post("/auth/login", wrong).await));
    let nothing = browser.send(browser.request(Method::POST, "/auth/refresh")).await.expect(400);
    assert_eq!(nothing.json["error"]["details"]["field"], "refreshToken");
    let twice = "refresh_token=a; refresh_token=b";
    let twice = ask(&browser, Method::POST, "/auth/refresh", twice, Value::Null).await;
    assert_eq!(twice.expect(400).code(), "VALIDATION_ERROR");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_signs_nobody_in_or_out() {
    let (auth, _) = with_ada(Engine::Sqlite).await;
    let browser = auth.anonymous();
    for path in ["/login", "/logout", "/auth/logout", "/auth/refresh"] {
        let request = browser
            .request(Method::POST, path)
            .header("sec-fetch-site", "cross-site")
            .header("origin", "https://evil.example")
            .json(&json!({"email": ADA, "password": PASSWORD}));
        let refused = browser.send(request).await.expect(403);
        assert_eq!(refused.code(), "CSRF_REJECTED", "{path}");
        assert!(refused.headers.get("set-cookie").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_again_ends_the_session_of_the_cookie() {
    let (auth, clock) = with_ada(Engine::Sqlite).await;
    let browser = auth.anonymous();
    let credentials = json!({"email": ADA, "password": PASSWORD});
    let first = browser.post("/login", credentials.clone()).await.expect(200);
    let access = format!("access_token={}", cookie(&first, "access_token"));
    let second = ask(&browser, Method::POST, "/login", &access, credentials.clone()).await;
    let second = format!("access_token={}", cookie(&second.expect(200), "access_token"));
    let gone = ask(&browser, Method::GET, "/check_session", &access, Value::Null).await;
    assert_eq!(gone.expect(401).code(), "UNAUTHORIZED");
    // Also when the access token has expired, and the session has not.
    clock.advance(TimeDelta::minutes(20));
    ask(&browser, Method::POST, "/login", &second, credentials).await.expect(200);
    let alive = "SELECT count(*) FROM sessions WHERE revoked_at IS NULL";
    assert_eq!(auth.value::<i64>(alive).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_alone_signs_nobody_out_and_refreshes_nothing() {
    let (auth, _) = with_ada(Engine::Sqlite).await;
    let browser = auth.anonymous();
    let credentials = json!({"email": ADA, "password": PASSWORD});
    let session = browser.post("/login", credentials.clone()).await.expect(200);
    let access = format!("access_token={}", cookie(&session, "access_token"));
    let refresh = format!("refresh_token={}", cookie(&session, "refresh_token"));
    for path in ["/logout", "/auth/logout", "/auth/refresh"] {
        for sent in [&access, &refresh] {
            let request = browser.request(Method::POST, path).header("cookie", sent);
            let refused = browser.send(request).await.expect(403);
            assert_eq!(refused.code(), "CSRF_REJECTED", "{path}");
            assert!(refused.headers.get("set-cookie").is_none());
        }
    }
    ask(&browser, Method::GET, "/check_session", &access, Value::Null).await.expect(200);
    // To sign in takes more than a cookie.
    let request = browser.request(Method::POST, "/login").header("cookie", &access);
    let second = browser.send(request.json(&credentials)).await.expect(200);
    // A bearer token is nothing that another page could make a browser send.
    let token = cookie(&second, "access_token");
    let request = auth.bearer(&token).request(Method::POST, "/auth/logout");
    let request = request.header("origin", "https://elsewhere.example");
    browser.send(request.header("sec-fetch-site", "cross-site")).await.expect(200);
    let access = format!("access_token={token}");
    ask(&browser, Method::GET, "/check_session", &access, Value::Null).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_is_no_bearer_token_never_lets_the_cookie_count() {
    let (auth, _) = with_ada(Engine::Sqlite).await;
    let browser = auth.anonymous();
    let credentials = json!({"email": ADA, "password": PASSWORD});
    let session = browser.post("/login", credentials.clone()).await.expect(200);
    let access = format!("access_token={}", cookie(&session, "access_token"));
    for path in ["/login", "/auth/login", "/logout", "/auth/logout", "/auth/refresh"] {
        let send = |headers: &[&str]| {
            let request = browser.request(Method::POST, path).header("cookie", &access);
            let request = request.header("sec-fetch-site", "same-origin");
            let add = |request: reqwest::RequestBuilder, header: &&str| {
                request.header("authorization", *header)
            };
            browser.send(headers.iter().fold(request, add).json(&credentials))
        };
        assert_eq!(send(&["Bearer a", "Bearer b"]).await.expect(400).code(), "VALIDATION_ERROR");
        for malformed in ["Bearer", "Basic YTpi", ""] {
            assert_eq!(send(&[malformed]).await.expect(401).code(), "UNAUTHORIZED", "{path}");
        }
    }
    ask(&browser, Method::GET, "/check_session", &access, Value::Null).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_password_sets_new_cookies() {
    let (auth, _) = with_ada(Engine::Sqlite).await;
    let browser = auth.anonymous();
    let session = browser.post("/login", json!({"email": ADA, "password": PASSWORD})).await;
    let session = session.expect(200);
    let access = format!("access_token={}", cookie(&session, "access_token"));
    let refresh = format!("refresh_token={}", cookie(&session, "refresh_token"));
    let body = json!({"currentPassword": PASSWORD, "newPassword": "another horse entirely"});
    let changed = ask(&browser, Method::PUT, "/users/me/password", &access, body).await;
    let changed = changed.expect(200);
    assert_eq!(changed.json["data"], json!({"user": session.data("user"), "expiresIn": 900}));
    let new = format!("refresh_token={}", cookie(&changed, "refresh_token"));
    for (sent, status) in [(refresh, 401), (new, 200)] {
        let refreshed = ask(&browser, Method::POST, "/auth/refresh", &sent, Value::Null).await;
        refreshed.expect(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_tells_the_browser_to_be_careful_and_nothing_else() {
    let (auth, _) = with_ada(Engine::Sqlite).await;
    let ada = auth.signed_in(ADA).await;
    auth.sql("DROP TABLE audit_log").await;
    let failed = ada.get("/auth/events").await.expect(500);
    assert_eq!(failed.code(), "INTERNAL_ERROR");
    assert!(!failed.text.contains("audit_log"), "{}", failed.text);
    for (name, value) in [
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(failed.header(name), Some(value), "{name}");
    }
}
