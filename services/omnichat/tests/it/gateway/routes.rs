//! Which service is asked what, and what it is told of who asks.

use platform::http::Access;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Gateway, method, table, with_ids};

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_is_routed_to_its_service_in_every_spelling() {
    let Some(gateway) = Gateway::start() else { return };
    for (service, endpoint) in table() {
        let path = with_ids(&endpoint);
        for (spelling, expected) in [
            (path.clone(), path.clone()),
            (format!("/api{path}"), path.clone()),
            (format!("{path}/"), path.clone()),
            (format!("/api{path}//?a=%2F&b=c/"), format!("{path}?a=%2F&b=c/")),
        ] {
            let reply = gateway.call(method(&endpoint), &spelling).await;
            if endpoint.access == Access::Sibling {
                assert_eq!(reply.expect(404).code(), "NOT_FOUND", "{spelling}");
                continue;
            }
            let asked = [&reply.json["service"], &reply.json["method"], &reply.json["path"]];
            assert_eq!(
                asked,
                [&json!(service), &json!(endpoint.method.as_str()), &json!(expected)],
                "{spelling}: {}",
                reply.text
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_internal_or_crooked_does_not_come_through() {
    let Some(gateway) = Gateway::start() else { return };
    for path in [
        "/internal",
        "/internal/users/1",
        "/api/internal/projects/1",
        "/%69nternal/projects/1",
        "/api/%69nternal",
        "/%61pi/internal/users/1",
        "//internal/users/1",
        "/api//internal/users/1",
        "/api/api/projects",
        "/projects/../internal/users/1",
        "/projects/%2e%2e/internal/users/1",
        "/projects/..%2finternal/users/1",
        "/internal/users/1/../../../projects",
        "/internal/users/1%2f..%2f..%2f..%2fprojects",
        "/projects/.",
        "/projects//1",
        "/metrics",
        "/api/metrics/",
        "/api",
        "/api/",
        "/projectsx",
        "/nowhere",
    ] {
        let answer = gateway.answer(&format!("GET {path} HTTP/1.1\r\nhost: x"));
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        assert!(answer.contains(r#""code":"NOT_FOUND""#), "{path}: {answer}");
    }
    assert_eq!(gateway.asked(), 0);
}

const SPOOFED: [&str; 6] = [
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
];

#[tokio::test(flavor = "multi_thread")]
async fn where_a_request_comes_from_is_for_the_gateway_to_say() {
    let behind_a_proxy = [("include proxies.d/*.conf;", "set_real_ip_from 127.0.0.0/8;")];
    for (changes, expected) in [(&[][..], "127.0.0.1"), (&behind_a_proxy, "203.0.113.9")] {
        let Some(gateway) = Gateway::start_with(changes) else { return };
        let url = format!("{}/users/me", gateway.nginx.base_url);
        let request = gateway.anybody.request(Method::GET, &url);
        let spoofed = SPOOFED.iter().fold(request, |request, name| {
            request.header(*name, "198.51.100.7, 203.0.113.9, 127.0.0.9")
        });
        let seen = gateway.anybody.send(spoofed).await.expect(200).json["headers"].take();
        assert_eq!(seen["x-forwarded-for"], expected);
        assert_eq!(seen["x-forwarded-proto"], "http");
        assert_eq!(seen["x-forwarded-host"], gateway.nginx.base_url.trim_start_matches("http://"));
        for name in ["forwarded", "x-real-ip", "x-forwarded-port"] {
            assert_eq!(seen[name], Value::Null, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_an_id() {
    let Some(gateway) = Gateway::start() else { return };
    for (given, is_kept) in
        [("req_1-A", true), ("a b", false), (&"x".repeat(65), false), ("x\"y", false)]
    {
        let send = async |path: &str| {
            let url = format!("{}{path}", gateway.nginx.base_url);
            let request = gateway.anybody.request(Method::GET, &url);
            gateway.anybody.send(request.header("x-request-id", given)).await
        };
        let (passed, refused) = (send("/projects").await, send("/nowhere").await);
        for id in [&passed.json["headers"]["x-request-id"], &refused.json["requestId"]] {
            let id = id.as_str().unwrap();
            assert_eq!(id == given, is_kept);
            assert!(is_kept || (id.starts_with("req_") && id.len() == 36), "{id}");
        }
    }
}
