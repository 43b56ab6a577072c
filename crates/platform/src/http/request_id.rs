//! The id by which one request is found in every log.

use std::future::{Ready, ready};

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use common::Ids;
use uuid::Uuid;

/// A request's id: the client's if it is well-formed, else made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(std::sync::Arc<str>);

impl RequestId {
    /// The header that carries it.
    pub(super) const HEADER: &'static str = "x-request-id";

    /// Takes or makes the request's id, and remembers it with the request.
    pub(super) fn assign(request: &ServiceRequest, ids: &Ids) -> Self {
        let given = request
            .headers()
            .get(Self::HEADER)
            .and_then(|value| value.to_str().ok())
            .filter(|id| is_well_formed(id));
        let id = given.map_or_else(|| format!("req_{}", ids.next::<Uuid>()), str::to_owned);
        let id = Self(id.into());
        request.extensions_mut().insert(id.clone());
        id
    }

    /// The id of a request that has one.
    pub(super) fn of(request: &HttpRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(|| Self("req_unknown".into()))
    }

    /// Tells the client.
    pub(super) fn put_into(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(self.as_str()) {
            headers.insert(HeaderName::from_static(Self::HEADER), value);
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromRequest for RequestId {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

fn is_well_formed(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}
