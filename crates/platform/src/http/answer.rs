//! The envelope of every answer that succeeded.

use actix_web::body::BoxBody;
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, Responder};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{AppError, RequestId};
use crate::Instance;

/// What a handler gives back: data that names its resource, for the envelope.
#[derive(Debug)]
pub struct Answer<T> {
    status: StatusCode,
    data: T,
    pagination: Option<Pagination>,
    etag: Option<String>,
    cookies: Vec<Cookie<'static>>,
}

/// A successful answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Envelope<T> {
    /// Always true.
    success: bool,
    /// Names its resource.
    data: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<Pagination>,
    timestamp: DateTime<Utc>,
    request_id: String,
}

/// Where a page stands in its list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// Asks for the next page; null on the last.
    #[schema(required)]
    pub cursor: Option<String>,
    /// At most so many rows.
    pub limit: u32,
    /// Whether more follow.
    pub has_more: bool,
    /// How many there are in all, where that is counted.
    #[schema(required)]
    pub total_count: Option<u64>,
}

impl<T> Answer<T> {
    /// 200.
    pub fn ok(data: T) -> Self {
        Self { status: StatusCode::OK, data, pagination: None, etag: None, cookies: Vec::new() }
    }

    /// 201.
    pub fn created(data: T) -> Self {
        Self { status: StatusCode::CREATED, ..Self::ok(data) }
    }

    /// 202: it is certain to happen, and goes on after the answer.
    pub fn accepted(data: T) -> Self {
        Self { status: StatusCode::ACCEPTED, ..Self::ok(data) }
    }

    /// With other data.
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Answer<U> {
        let Self { status, data, pagination, etag, cookies } = self;
        Answer { status, data: to(data), pagination, etag, cookies }
    }

    /// With a cookie for the browser.
    #[must_use]
    pub fn cookie(mut self, cookie: Cookie<'static>) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// With its place in a list.
    #[must_use]
    pub fn paged(self, pagination: Pagination) -> Self {
        Self { pagination: Some(pagination), ..self }
    }

    /// With an entity tag (unquoted): a request whose `If-None-Match` has it is answered 304.
    #[must_use]
    pub fn tagged(self, etag: impl Into<String>) -> Self {
        Self { etag: Some(etag.into()), ..self }
    }
}

impl<T: Serialize> Responder for Answer<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let Some(instance) = request.app_data::<Data<Instance>>() else {
            return HttpResponse::from_error(AppError::internal("no instance is configured"));
        };
        let mut response = HttpResponse::build(self.status);
        for cookie in self.cookies {
            response.cookie(cookie);
        }
        if let Some(etag) = self.etag {
            let etag = format!("\"{etag}\"");
            let known =
                request.headers().get(IF_NONE_MATCH).is_some_and(|tags| matches(tags, &etag));
            response.insert_header((ETAG, etag));
            if known {
                return response.status(StatusCode::NOT_MODIFIED).finish();
            }
        }
        response.json(Envelope {
            success: true,
            data: self.data,
            pagination: self.pagination,
            timestamp: instance.clock.now(),
            request_id: RequestId::of(request).as_str().to_owned(),
        })
    }
}

/// Whether a list of entity tags has this one (RFC 9110 §13.1.2: compared weakly).
fn matches(tags: &HeaderValue, etag: &str) -> bool {
    let tags = tags.to_str().unwrap_or_default();
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_tag_is_found_in_a_list_and_weakly() {
        let matches = |tags| matches(&HeaderValue::from_static(tags), "\"7\"");
        assert!(matches("\"7\"") && matches("W/\"7\"") && matches("\"6\", \"7\"") && matches("*"));
        assert!(!matches("\"77\"") && !matches("7") && !matches(""));
    }
}
