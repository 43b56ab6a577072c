//! What the gateway answers by itself when something fails, and what it then logs.

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::ErrorCode;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Actor;

use super::Gateway;
use super::nginx::{Nginx, Upstreams};

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_refuses_it_refuses_in_our_envelope() {
    let Some(gateway) = Gateway::start() else { return };
    let too_much = "content-length: 99999999";
    let (long, huge) = ("x".repeat(20_000), format!("x: {}", "y".repeat(20_000)));
    for (line, header, status, code) in [
        ("GET /nowhere", "a: b", 404, "NOT_FOUND"),
        ("POST /api/projects", too_much, 413, "PAYLOAD_TOO_LARGE"),
        ("TRACE /projects", "a: b", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE /c/1", "a: b", 404, "NOT_FOUND"),
        ("GET /projects", &huge, 431, "HEADERS_TOO_LARGE"),
        (&format!("GET /{long}"), "a: b", 414, "VALIDATION_ERROR"),
        (
            "POST /projects",
            "content-length: 1\r\ntransfer-encoding: chunked",
            400,
            "VALIDATION_ERROR",
        ),
        ("POST /projects", "content-length: 1\r\ncontent-length: 2", 400, "VALIDATION_ERROR"),
        ("POST /projects", "transfer-encoding: gzip", 405, "METHOD_NOT_ALLOWED"),
    ] {
        let answer = gateway.answer(&format!("{line} HTTP/1.1\r\nhost: x\r\n{header}"));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
        assert!(head.contains("Content-Type: application/json"), "{head}");
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&body["success"], &body["error"]["code"]), (&json!(false), &json!(code)));
        let known = ErrorCode::parse(code).unwrap();
        assert!(known.status() == status || known == ErrorCode::ValidationError);
        assert!(body["error"]["message"].as_str().unwrap().ends_with('.'), "{body}");
        assert!(body["timestamp"].as_str().unwrap().ends_with('Z'), "{body}");
        let id = body["requestId"].as_str().unwrap();
        assert!(head.contains(&format!("X-Request-Id: {id}")), "{answer}");
        assert_eq!(head.contains("Allow: "), status == 405, "{head}");
    }
    let answer =
        gateway.answer(&format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n{too_much}"));
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let expected = json!({"error": {
        "message": "The request's body is too large.", "type": "invalid_request_error",
        "param": null, "code": "payload_too_large",
    }});
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), expected);
    assert_eq!(gateway.asked(), 0);
}

/// Takes every request and hangs up; and how many there were.
fn a_service_that_hangs_up() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = connection.unwrap().read(&mut [0; 1024]);
        }
    });
    (address, count)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_sent_once_and_what_fails_is_not_logged_with_its_secrets() {
    let (first, second) = (a_service_that_hangs_up(), a_service_that_hangs_up());
    let upstreams = Upstreams { auth: &first.0, project: "127.0.0.1:1", chat: &first.0 };
    let two = format!("server {};\n    keepalive 64;", second.0);
    let Some(nginx) = Nginx::start_with(&upstreams, &[("keepalive 64;", &two)]) else { return };
    let count = || first.1.load(Ordering::SeqCst) + second.1.load(Ordering::SeqCst);
    let anybody = Actor::anywhere(None);
    let paths = [
        "/conversations?q=canary",
        "/projects/1/messages/stream?content=canary",
        "/api/shared/canary?canary",
        "/%73hared/canary",
        "/api/users/me?canary",
    ];
    for method in [Method::POST, Method::GET, Method::DELETE, Method::PUT] {
        for path in paths {
            let before = count();
            let request = anybody.request(method.clone(), &format!("{}{path}", nginx.base_url));
            let reply = anybody.send(request).await.expect(503);
            assert_eq!(reply.code(), "SERVICE_UNAVAILABLE");
            assert_eq!(reply.header("retry-after"), Some("1"));
            // Of two that have both failed, none is asked for a while; the only one there is is always asked.
            let at_least = usize::from(path.starts_with("/api/users"));
            assert!((at_least..=1).contains(&(count() - before)), "{method} {path}");
        }
    }
    assert!(count() >= 6, "both were asked");
    let gone = anybody.get(&format!("{}/projects?canary", nginx.base_url)).await.expect(503);
    assert_eq!(gone.code(), "SERVICE_UNAVAILABLE");
    let gone = anybody.get(&format!("{}/v1/models?canary", nginx.base_url)).await.expect(503);
    assert_eq!(gone.openai_code(), "service_unavailable");

    let logged = nginx.logged();
    assert!(!logged.contains("canary"), "{logged}");
    for path in ["/projects/1/messages/stream", "/shared/{token}", "/v1/models"] {
        assert!(logged.contains(&format!(r#""path":"{path}""#)), "{logged}");
    }
    for line in logged.lines().filter(|line| line.starts_with('{')) {
        serde_json::from_str::<Value>(line).unwrap();
    }
}
