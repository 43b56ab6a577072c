//! The authorisation matrix: every endpoint × everybody who might call it, read off the table of endpoints, so that a new
//! endpoint without a row fails.

use std::collections::BTreeSet;

use common::auth::{AccessClaims, Scope};
use common::domain::revocation::Revocation;
use platform::http::{Access, Endpoint, Endpoints};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use uuid::Uuid;

use crate::{Actor, Reply, TestApp};

/// What one endpoint is tried on: something of the owner's.
pub struct Target {
    path: String,
    body: Value,
    stranger: Stranger,
}

/// What another person gets.
enum Stranger {
    NotFound,
    TheirOwn,
    Untried,
}

impl Target {
    /// Something that only its owner may know of: to another person it is not there.
    pub fn own(path: impl Into<String>) -> Self {
        Self { path: path.into(), body: Value::Null, stranger: Stranger::NotFound }
    }

    /// Something that each person has of their own: another person gets theirs.
    pub fn each(path: impl Into<String>) -> Self {
        Self { stranger: Stranger::TheirOwn, ..Self::own(path) }
    }

    /// Something that each person has to get ready first, so that it says nothing to try it as another.
    pub fn prepared(path: impl Into<String>) -> Self {
        Self { stranger: Stranger::Untried, ..Self::own(path) }
    }

    /// With a body.
    #[must_use]
    pub fn body(self, body: Value) -> Self {
        Self { body, ..self }
    }
}

/// Tries every endpoint of a service as each of: nobody, a garbled, expired or revoked token, a token of the wrong kind or
/// without the scope, a browser led by another site's page, another person, the owner. `person` makes a new person; `target`
/// makes what an endpoint is tried on, or gives `None` for an endpoint that it does not know, which fails.
pub async fn assert_authorised(
    app: &TestApp,
    endpoints: &Endpoints,
    person: impl AsyncFn() -> Actor,
    target: impl AsyncFn(&str, &Actor) -> Option<Target>,
) {
    for endpoint in endpoints.table() {
        let owner = person().await;
        let target = target(&endpoint.operation_id, &owner).await;
        let target = target.unwrap_or_else(|| panic!("no row for `{}`", endpoint.operation_id));
        let case = Case { app, endpoint, target };
        match endpoint.access {
            Access::Public => case.is_open_but_not_to_other_pages().await,
            Access::Sibling => case.is_for_siblings(&owner).await,
            Access::Person => case.is_for_its_owner(&owner, &person().await).await,
        }
    }
}

struct Case<'a> {
    app: &'a TestApp,
    endpoint: &'a Endpoint,
    target: Target,
}

impl Case<'_> {
    async fn is_for_its_owner(&self, owner: &Actor, other: &Actor) {
        let app = self.app;
        self.refuses(&app.anonymous(), 401, "UNAUTHORIZED").await;
        self.refuses(&app.bearer("not.a.token"), 401, "UNAUTHORIZED").await;
        self.refuses(&app.service("chat-service"), 401, "UNAUTHORIZED").await;
        let expired = app.with_claims(owner, |claims| {
            (claims.iat, claims.nbf, claims.exp) =
                (claims.iat - 7_200, claims.nbf - 7_200, claims.iat - 3_600);
        });
        self.refuses(&expired, 401, "TOKEN_EXPIRED").await;
        self.refuses(&self.revoked(owner), 401, "UNAUTHORIZED").await;
        let lacking = if self.endpoint.is_read() { Scope::Write } else { Scope::Read };
        let lacking = app.with_claims(owner, |claims| claims.scope = vec![lacking]);
        self.refuses(&lacking, 403, "INSUFFICIENT_SCOPE").await;
        self.refuses_other_pages(owner).await;
        self.keeps_from(other).await;
        let granted = self.send(owner, &[]).await;
        assert!(granted.status.is_success(), "{self}: the owner got {}", granted.text);
    }

    async fn is_for_siblings(&self, somebody: &Actor) {
        self.refuses(&self.app.anonymous(), 401, "UNAUTHORIZED").await;
        self.refuses(&self.app.bearer("not.a.token"), 401, "UNAUTHORIZED").await;
        self.refuses(somebody, 401, "UNAUTHORIZED").await;
        let granted = self.send(&self.app.service("a-sibling"), &[]).await;
        assert!(granted.status.is_success(), "{self}: a sibling got {}", granted.text);
    }

    async fn is_open_but_not_to_other_pages(&self) {
        if !self.endpoint.is_read() {
            let anonymous = self.app.anonymous();
            for header in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
                let refused = self.send(&anonymous, &[header]).await;
                assert_eq!(refused.status, 403, "{self} {header:?}: {}", refused.text);
                assert_eq!(refused.code(), "CSRF_REJECTED");
                assert!(!refused.headers.contains_key("set-cookie"));
            }
        }
        let granted = self.send(&self.app.anonymous(), &[]).await;
        assert!(granted.status.is_success(), "{self}: anybody got {}", granted.text);
    }

    /// A browser has the cookie, and another site's page makes it send the request.
    async fn refuses_other_pages(&self, owner: &Actor) {
        let cookie = format!("access_token={}", owner.token());
        // Who reads need not say from where.
        let silent = (!self.endpoint.is_read()).then_some(("x-nothing", "said"));
        let elsewhere = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ];
        for header in elsewhere.into_iter().chain(silent) {
            let refused = self.send(&self.app.anonymous(), &[("cookie", &cookie), header]).await;
            assert_eq!(refused.status, 403, "{self} {header:?}: {}", refused.text);
            self.assert_code(&refused, 403, "CSRF_REJECTED");
        }
        if self.endpoint.is_read() {
            return;
        }
        // A link or an image in a page of ours may be what a model has written.
        for mode in ["navigate", "no-cors"] {
            let headers =
                [("cookie", &*cookie), ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", mode)];
            let refused = self.send(&self.app.anonymous(), &headers).await;
            self.assert_code(&refused, 403, "CSRF_REJECTED");
        }
    }

    /// Another person gets what that person would get if the thing had never been.
    async fn keeps_from(&self, other: &Actor) {
        if matches!(self.target.stranger, Stranger::Untried) {
            return;
        }
        let answer = self.send(other, &[]).await;
        if matches!(self.target.stranger, Stranger::TheirOwn) {
            assert!(answer.status.is_success(), "{self}: another got {}", answer.text);
            return;
        }
        let missing = self.request(other, &self.path_to_nothing());
        let missing = other.send(missing).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (404, "NOT_FOUND"), "{self}");
        assert_eq!(answer.json["error"], missing.json["error"], "{self}");
        let names =
            |reply: &Reply| reply.headers.keys().map(ToString::to_string).collect::<BTreeSet<_>>();
        assert_eq!(names(&answer), names(&missing), "{self}");
    }

    async fn refuses(&self, somebody: &Actor, status: u16, code: &str) {
        let refused = self.send(somebody, &[]).await;
        self.assert_code(&refused, status, code);
        let challenge = (status == 401).then_some("Bearer");
        assert_eq!(refused.header("www-authenticate"), challenge, "{self}");
    }

    /// Whether a refusal has that code, in the form in which the endpoint gives it.
    fn assert_code(&self, refused: &Reply, status: u16, code: &str) {
        assert_eq!(refused.status.as_u16(), status, "{self}: {}", refused.text);
        if !self.endpoint.path.starts_with("/v1/") {
            return assert_eq!(refused.code(), code, "{self}");
        }
        let code = match code {
            "UNAUTHORIZED" | "TOKEN_EXPIRED" => "invalid_api_key".to_owned(),
            ours => ours.to_lowercase(),
        };
        assert_eq!(refused.openai_code(), code, "{self}");
    }

    /// The owner, in a session that was ended.
    fn revoked(&self, owner: &Actor) -> Actor {
        let mut session = None;
        let actor = self.app.with_claims(owner, |claims: &mut AccessClaims| {
            claims.sid = self.app.instance.ids.next();
            session = Some(claims.sid);
        });
        let until = self.app.instance.clock.now() + chrono::TimeDelta::hours(1);
        self.app.instance.revocations.revoke(Revocation { session: session.unwrap(), until });
        actor
    }

    async fn send(&self, actor: &Actor, headers: &[(&str, &str)]) -> Reply {
        let request = self.request(actor, &self.target.path);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        actor.send(request).await
    }

    fn request(&self, actor: &Actor, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(self.endpoint.method.as_str().as_bytes()).unwrap();
        let request = actor.request(method, path);
        if self.target.body.is_null() { request } else { request.json(&self.target.body) }
    }

    /// The same path, with ids of nothing.
    fn path_to_nothing(&self) -> String {
        let is_id = |part: &str| Uuid::try_parse(part).is_ok();
        let nothing = Uuid::from_u128(7).to_string();
        self.target
            .path
            .split('/')
            .map(|part| if is_id(part) { nothing.as_str() } else { part })
            .collect::<Vec<_>>()
            .join("/")
    }
}

impl std::fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.endpoint.method, self.endpoint.path)
    }
}
