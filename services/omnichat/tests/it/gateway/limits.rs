//! How much may be sent.

use std::io::{BufRead as _, BufReader};

use platform::http::Access;
use reqwest::Method;

use super::{Gateway, table, with_ids};

const MIB: u64 = 1024 * 1024;

/// How large an endpoint's body may be.
fn limit(path: &str) -> u64 {
    let takes_images =
        ["/conversations", "/threads", "/messages"].iter().any(|start| path.starts_with(start))
            && (path.ends_with("/messages") || path.ends_with("/edit"));
    match path {
        "/conversations/import" => 256 * MIB,
        _ if takes_images => 24 * MIB,
        _ if path.starts_with("/v1/") => 16 * MIB,
        _ => MIB,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_its_endpoints_limit() {
    let Some(gateway) = Gateway::start() else { return };
    let listed = table().into_iter().filter(|(_, endpoint)| endpoint.access != Access::Sibling);
    let listed = listed.map(|(_, endpoint)| (endpoint.method.to_string(), with_ids(&endpoint)));
    for (method, path) in listed {
        let limit = limit(&path);
        for (length, expected) in [(limit, "HTTP/1.1 100 "), (limit + 1, "HTTP/1.1 413 ")] {
            for spelling in [format!("/api{path}/"), path.clone()] {
                let head = format!(
                    "{method} {spelling} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\nexpect: 100-continue"
                );
                let mut line = String::new();
                BufReader::new(gateway.connect(&head)).read_line(&mut line).unwrap();
                assert!(line.starts_with(expected), "{method} {spelling} {length}: {line}");
            }
        }
    }
    // Also where the length is not said beforehand.
    for (size, status) in [(MIB, 200), (MIB + 1, 413)] {
        let body = vec![b' '; usize::try_from(size).unwrap()];
        let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
        let url = format!("{}/projects", gateway.nginx.base_url);
        let request = gateway.anybody.request(Method::POST, &url);
        let request = request.body(reqwest::Body::wrap_stream(chunks));
        gateway.anybody.send(request).await.expect(status);
    }
}
