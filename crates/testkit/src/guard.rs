//! Nothing answers a stranger: read off the table of endpoints, so that a new one cannot be forgotten.

use platform::http::{Access, Endpoints};
use serde_json::json;

use crate::TestApp;

/// Fails if any endpoint that is not public answers anything but 401 to somebody without a valid token of its kind.
pub async fn assert_guarded(app: &TestApp, endpoints: &Endpoints) {
    let mut guarded = 0;
    for endpoint in endpoints.table().filter(|endpoint| endpoint.access != Access::Public) {
        let is_internal = endpoint.path.starts_with("/internal/");
        let wrong_kind = if is_internal { app.user() } else { app.service("stranger") };
        let path: String =
            endpoint
                .path
                .split('/')
                .map(|part| {
                    if part.starts_with('{') {
                        "018f0000-0000-7000-8000-000000000000"
                    } else {
                        part
                    }
                })
                .collect::<Vec<_>>()
                .join("/");
        for stranger in [app.anonymous(), app.bearer("not.a.token"), wrong_kind] {
            let request =
                stranger.request(endpoint.method.as_str().parse().unwrap(), &path).json(&json!({}));
            let refused = stranger.send(request).await;
            assert_eq!(
                refused.status, 401,
                "{} {}: {}",
                endpoint.method, endpoint.path, refused.text
            );
            assert_eq!(
                (refused.code(), refused.header("www-authenticate")),
                ("UNAUTHORIZED", Some("Bearer"))
            );
        }
        guarded += 1;
    }
    assert!(guarded > 0, "no endpoint is guarded");
}
