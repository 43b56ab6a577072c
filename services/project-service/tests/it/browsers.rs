//! What a browser is told, and what its cookies open.

use reqwest::Method;
use serde_json::json;
use testkit::{Engine, Reply, TestApp};

const LISTED: &str = "https://app.example.org";

async fn start(more: &[(&str, &str)]) -> TestApp {
    TestApp::start::<project_service::ProjectService>(Engine::Sqlite, more).await
}

fn is_careful(answer: &Reply) {
    for (name, value) in [
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{} {}", answer.status, answer.text);
    }
    assert_eq!(answer.header("server"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_the_browser_to_be_careful() {
    let app = start(&[("PUBLIC_URL", "https://chat.example.org")]).await;
    let (user, anonymous) = (app.user(), app.anonymous());
    let answers: [Reply; 6] = [
        user.get("/projects").await.expect(200),
        user.get("/projects?nonsense=1").await.expect(400),
        anonymous.get("/projects").await.expect(401),
        user.get("/nowhere").await.expect(404),
        anonymous.send(anonymous.request(Method::PUT, "/projects")).await.expect(405),
        user.post("/projects", json!("x".repeat(2 << 20))).await.expect(413),
    ];
    for answer in answers {
        is_careful(&answer);
    }
    let limits = [
        ("PUBLIC_URL", "https://chat.example.org"),
        ("OMNICHAT__RATE_LIMITS__ENABLED", "true"),
        ("OMNICHAT__RATE_LIMITS__LIST_PROJECTS", "1"),
    ];
    let limited = start(&limits).await;
    let user = limited.user();
    user.get("/projects").await.expect(200);
    is_careful(&user.get("/projects").await.expect(429));
    let plain = start(&[]).await.anonymous().get("/health/live").await.expect(200);
    assert_eq!(plain.header("strict-transport-security"), None, "it is not served over TLS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_as_good_as_a_header_and_the_header_wins() {
    let app = start(&[]).await;
    let (owner, other) = (app.user(), app.user());
    let mine = |name: &str| json!({"name": name});
    owner.post("/projects", mine("mine")).await.expect(201);
    let with_cookie = |cookie: String| {
        let anonymous = app.anonymous();
        anonymous.request(Method::GET, "/projects").header("cookie", cookie)
    };
    let cookie = format!("theme=dark; access_token={}", owner.token());
    let listed = app.anonymous().send(with_cookie(cookie.clone())).await.expect(200);
    assert_eq!(listed.data("projects").as_array().unwrap().len(), 1);
    let listed = other.send(with_cookie(cookie.clone()).bearer_auth(other.token())).await;
    assert_eq!(listed.expect(200).json["data"]["projects"], json!([]));
    let both = format!("{cookie}; access_token={}", other.token());
    assert_eq!(
        app.anonymous().send(with_cookie(both)).await.expect(400).code(),
        "VALIDATION_ERROR"
    );

    // A link may be followed from anywhere; a page of another site may not ask.
    for (mode, status) in [("navigate", 200), ("cors", 403), ("no-cors", 403)] {
        let request = with_cookie(cookie.clone()).header("sec-fetch-site", "cross-site");
        app.anonymous().send(request.header("sec-fetch-mode", mode)).await.expect(status);
    }

    // A page of ours may change things with it.
    for header in [
        ("sec-fetch-site", "same-origin"),
        ("origin", &*format!("http://localhost:{}", port(&app))),
    ] {
        let anonymous = app.anonymous();
        let request = anonymous.request(Method::POST, "/projects").header("cookie", &cookie);
        anonymous.send(request.header(header.0, header.1).json(&mine("more"))).await.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_makes_a_request_another_persons_or_another_one() {
    let app = start(&[]).await;
    let (ada, eve) = (app.user(), app.user());
    let id = ada.post("/projects", json!({"name": "mine"})).await.expect(201).id("project");
    let claims = app.instance.keys.verify_access(ada.token()).unwrap();
    let project = format!("/projects/{id}");
    for (name, value) in [
        ("x-user-id", claims.sub.to_string()),
        ("x-forwarded-user", claims.sub.to_string()),
        ("x-original-url", "/version".to_owned()),
        ("x-rewrite-url", "/version".to_owned()),
    ] {
        let request = eve.request(Method::GET, &project).header(name, value);
        assert_eq!(eve.send(request).await.expect(404).code(), "NOT_FOUND", "{name}");
    }
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let request = ada.request(Method::GET, &project).header(name, "DELETE");
        ada.send(request).await.expect(200);
    }
    ada.get(&project).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_the_prefixed_cookie_counts() {
    let app = start(&[("PUBLIC_URL", "https://chat.example.org")]).await;
    for (name, status) in [("access_token", 401), ("__Host-access_token", 200)] {
        let anonymous = app.anonymous();
        let cookie = format!("{name}={}", app.user().token());
        let request = anonymous.request(Method::GET, "/projects").header("cookie", cookie);
        anonymous.send(request).await.expect(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_origins_listed_may_read_answers() {
    let app = start(&[("ALLOWED_ORIGINS", LISTED)]).await;
    let user = app.user();
    let ask = async |method: Method, origin: &str| {
        let request = user.request(method, "/projects").header("origin", origin);
        user.send(request.header("access-control-request-method", "POST")).await
    };
    let allowed = ask(Method::GET, LISTED).await.expect(200);
    assert_eq!(allowed.header("access-control-allow-origin"), Some(LISTED));
    assert_eq!(allowed.header("access-control-allow-credentials"), Some("true"));
    assert!(allowed.header("vary").unwrap().contains("Origin"));
    let preflight = ask(Method::OPTIONS, LISTED).await.expect(200);
    assert_eq!(preflight.header("access-control-allow-origin"), Some(LISTED));
    for origin in [
        "null",
        "*",
        "http://app.example.org",
        "https://app.example.org.evil.org",
        "https://evil-app.example.org",
        "https://app.example.org:8443",
        "http://127.0.0.1",
    ] {
        for method in [Method::GET, Method::OPTIONS] {
            let answer = ask(method, origin).await;
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        }
    }
    // A page of the origin listed may use the browser's cookie.
    let anonymous = app.anonymous();
    let request = anonymous.request(Method::POST, "/projects").header("origin", LISTED);
    let request = request.header("sec-fetch-site", "cross-site").json(&json!({"name": "p"}));
    let request = request.header("cookie", format!("access_token={}", user.token()));
    anonymous.send(request).await.expect(201);
}

fn port(app: &TestApp) -> &str {
    app.base_url.rsplit(':').next().unwrap()
}
