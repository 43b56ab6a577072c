//! Which web pages may call us with a browser's cookies: those of our own origin, and those of the origins listed.

use actix_cors::Cors;
use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, ORIGIN};

use crate::settings::{ServerSettings, SettingsError};

/// The Fetch Metadata header that says how far a request's page is from us (W3C Fetch Metadata §2.3). A page cannot set it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const REQUEST_HEADERS: [&str; 8] = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "last-event-id",
    "x-device-token",
    "x-project-id",
    "x-request-id",
];
const ANSWER_HEADERS: [&str; 7] = [
    "etag",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-ratelimit-window",
    "x-request-id",
];

/// Our origin and those that are as good.
#[derive(Debug, Clone)]
pub(super) struct Origins {
    ours: String,
    others: Vec<String>,
}

impl Origins {
    /// As the settings say; `port` is where the process listens.
    pub(super) fn from(settings: &ServerSettings, port: u16) -> Result<Self, SettingsError> {
        let listed = settings.allowed_origins.split(',').map(str::trim);
        let others = listed
            .filter(|origin| !origin.is_empty())
            .map(|origin| {
                let expected = "origins such as `https://chat.example.org`, without a path";
                let is_origin = origin_of(origin).is_some_and(|parsed| parsed == origin);
                is_origin
                    .then(|| origin.to_owned())
                    .ok_or_else(|| SettingsError::malformed("server.allowed_origins", expected))
            })
            .collect::<Result<_, _>>()?;
        let ours = match settings.public_url.as_str() {
            "" => format!("http://localhost:{port}"),
            url => origin_of(url).ok_or_else(|| {
                SettingsError::malformed("server.public_url", "an http:// or https:// address")
            })?,
        };
        Ok(Self { ours, others })
    }

    /// Whether a browser says that a page of ours, or of an origin listed, sent the request.
    pub(super) fn vouch_for(&self, request: &HttpRequest) -> bool {
        site(request) == Some("same-origin") || self.has(request).unwrap_or(false)
    }

    /// Whether a browser says that another's page sent the request. Programs say nothing.
    pub(super) fn disown(&self, request: &HttpRequest) -> bool {
        let is_foreign = match site(request) {
            Some(site) => site != "same-origin" && site != "none",
            None => request.headers().contains_key(ORIGIN),
        };
        is_foreign && !self.has(request).unwrap_or(false)
    }

    /// Lets pages of the origins listed read our answers (Fetch §3.2).
    pub(super) fn cors(&self) -> Cors {
        self.others
            .iter()
            .fold(Cors::default(), |cors, origin| cors.allowed_origin(origin))
            .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
            .allowed_headers(REQUEST_HEADERS)
            .expose_headers(ANSWER_HEADERS)
            .supports_credentials()
            .max_age(600)
    }

    /// Whether the request's `Origin`, if it has one, is ours or listed.
    fn has(&self, request: &HttpRequest) -> Option<bool> {
        let origin = request.headers().get(ORIGIN)?.to_str().unwrap_or_default();
        Some(origin == self.ours || self.others.iter().any(|other| other == origin))
    }
}

fn site(request: &HttpRequest) -> Option<&str> {
    request.headers().get(SEC_FETCH_SITE)?.to_str().ok()
}

/// The origin of an HTTP address (RFC 6454 §4).
fn origin_of(url: &str) -> Option<String> {
    let url = reqwest::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.map(|url| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::settings::Sources;

    fn origins(public_url: &str, allowed: &str) -> Result<Origins, SettingsError> {
        let variables = [("PUBLIC_URL", public_url), ("ALLOWED_ORIGINS", allowed)];
        let settings = Sources::new(&[]).variables(variables).load().unwrap();
        Origins::from(&settings.section("server").unwrap(), 8080)
    }

    fn request(headers: &[(&'static str, &'static str)]) -> HttpRequest {
        headers
            .iter()
            .fold(TestRequest::default(), |request, header| request.insert_header(*header))
            .to_http_request()
    }

    #[test]
    fn a_page_of_ours_is_told_by_fetch_metadata_or_by_its_origin() {
        let origins = origins("", "https://app.example.org").unwrap();
        for (headers, vouched, disowned) in [
            (&[][..], false, false),
            (&[("sec-fetch-site", "same-origin")], true, false),
            (&[("sec-fetch-site", "same-site")], false, true),
            (&[("sec-fetch-site", "cross-site")], false, true),
            (&[("sec-fetch-site", "none")], false, false),
            (
                &[("sec-fetch-site", "cross-site"), ("origin", "https://app.example.org")],
                true,
                false,
            ),
            (&[("origin", "http://localhost:8080")], true, false),
            (&[("origin", "https://app.example.org.evil.org")], false, true),
            (&[("origin", "null")], false, true),
        ] {
            let request = request(headers);
            assert_eq!(origins.vouch_for(&request), vouched, "{headers:?}");
            assert_eq!(origins.disown(&request), disowned, "{headers:?}");
        }
    }

    #[test]
    fn only_origins_can_be_listed() {
        assert!(origins("https://chat.example.org/app", "").is_ok());
        for wrong in
            ["*", "null", "example.org", "https://a.org/", "https://a.org/x", "ftp://a.org"]
        {
            assert!(origins("", wrong).is_err(), "{wrong}");
        }
        assert!(origins("chat.example.org", "").is_err());
    }
}
