//! What every endpoint asks of a request before its handler sees it: who is calling, how often, whether a page of ours
//! sent it, whether the token may do it. Done once, by the table of endpoints, so that no handler can forget it.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use common::ErrorCode;
use common::auth::Scope;

use super::endpoints::Access;
use super::origins::Origins;
use super::{
    AppError, Caller, Cookies, Endpoint, FieldError, ServiceCaller, bearer_token, caller,
    client_address,
};
use crate::limits::{Limits, Subject, Verdict};

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Lets a request through to the endpoint's handler, or answers it; says either way what is left of the limit.
pub(super) async fn guard(
    endpoint: &Endpoint,
    limits: &Limits,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let caller = identify(endpoint, request.request());
    let counted = count(endpoint, limits, request.request(), &caller).await;
    let verdict = counted.as_ref().ok().copied().flatten();
    let admitted = counted
        .and_then(within_limit)
        .and(caller)
        .and_then(|caller| admit(endpoint, request.request(), caller));
    let mut response = match admitted {
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        // Not `into_response`: it would drop the error, which the edge renders.
        Err(refusal) => {
            let (request, _) = request.into_parts();
            ServiceResponse::new(request, HttpResponse::from_error(refusal))
        }
    };
    if let Some(verdict) = verdict {
        tell(response.headers_mut(), &verdict);
    }
    Ok(response)
}

/// The person who is calling, where a person is asked for.
fn identify(endpoint: &Endpoint, request: &HttpRequest) -> Result<Option<Caller>, AppError> {
    match endpoint.access {
        Access::Public => Ok(None),
        Access::Person => Caller::identify(request).map(Some),
        Access::Sibling => {
            let sibling = ServiceCaller::identify(request)?;
            request.extensions_mut().insert(sibling);
            Ok(None)
        }
    }
}

/// Counts the call: a person's as that person's, anybody else's by address. Siblings are not counted.
async fn count(
    endpoint: &Endpoint,
    limits: &Limits,
    request: &HttpRequest,
    caller: &Result<Option<Caller>, AppError>,
) -> Result<Option<Verdict>, AppError> {
    if endpoint.access == Access::Sibling {
        return Ok(None);
    }
    let subject = match caller {
        Ok(Some(caller)) => Subject::User(caller.user),
        _ => Subject::Address(client_address(request)),
    };
    // What is refused anyway costs nothing that would be worth a statement.
    let exact = !endpoint.is_read() && caller.is_ok();
    Ok(limits.check(&endpoint.counted_as, exact, subject).await?)
}

fn within_limit(verdict: Option<Verdict>) -> Result<(), AppError> {
    match verdict {
        Some(verdict) if !verdict.allowed => Err(AppError::rate_limited(verdict.retry_after)),
        _ => Ok(()),
    }
}

/// Whether the caller may do this, in this way; tells the extractors who it is.
fn admit(
    endpoint: &Endpoint,
    request: &HttpRequest,
    caller: Option<Caller>,
) -> Result<(), AppError> {
    if let Some(caller) = &caller {
        check_scope(endpoint, caller)?;
    }
    if endpoint.access != Access::Sibling {
        check_page(endpoint, request, caller.as_ref())?;
    }
    if !endpoint.takes_query {
        refuse_query(request)?;
    }
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    Ok(())
}

fn check_scope(endpoint: &Endpoint, caller: &Caller) -> Result<(), AppError> {
    let (needed, name) =
        if endpoint.is_read() { (Scope::Read, "read") } else { (Scope::Write, "write") };
    if caller.scopes.contains(&needed) {
        return Ok(());
    }
    Err(AppError::new(
        ErrorCode::InsufficientScope,
        format!(
            "The access token may not do this: it lacks the scope `{name}`. Use one that has it."
        ),
    ))
}

/// Refuses what a page of another site makes a browser send with our cookies, or to sign it in (CSRF). A bearer token is
/// nothing that a browser sends by itself. Of what only reads, an open stream for example, it is enough that no browser says
/// so; a link may be followed from anywhere.
fn check_page(
    endpoint: &Endpoint,
    request: &HttpRequest,
    caller: Option<&Caller>,
) -> Result<(), AppError> {
    let origins: &Data<Origins> = caller::configured(request)?;
    let is_ours = match (caller, endpoint.is_read()) {
        (Some(caller), _) if !caller.is_by_cookie => true,
        (Some(_), true) => !origins.disown(request) || is_navigation(request),
        // Not a link or an image either, which others' text may put into a page of ours.
        (Some(_), false) => {
            origins.vouch_for(request) && !is_navigation(request) && !is_embedded(request)
        }
        (None, true) => true,
        (None, false) => bearer_token(request)?.is_some() || !origins.disown(request),
    };
    if is_ours { Ok(()) } else { Err(of_another_page()) }
}

/// Refuses a request whose credential is a cookie unless a page of ours sent it: for public endpoints that take one.
///
/// # Errors
/// `CsrfRejected`, or what is wrong with the credentials.
pub fn require_our_page(request: &HttpRequest) -> Result<(), AppError> {
    let origins: &Data<Origins> = caller::configured(request)?;
    let cookies = Cookies::of(request)?;
    let is_ours =
        bearer_token(request)?.is_some() || !cookies.are_in(request)? || origins.vouch_for(request);
    if is_ours { Ok(()) } else { Err(of_another_page()) }
}

fn of_another_page() -> AppError {
    AppError::new(
        ErrorCode::CsrfRejected,
        "The request was sent by a page of another site. Use OmniChat's own page, or let the operator add that site to ALLOWED_ORIGINS.",
    )
}

/// Whether a person goes to the address, rather than a page asking for it (W3C Fetch Metadata §2.2).
fn is_navigation(request: &HttpRequest) -> bool {
    request.headers().get(SEC_FETCH_MODE).is_some_and(|mode| mode == "navigate")
}

/// Whether a page shows what is at the address, as an image, say, rather than a script of its asking for it.
fn is_embedded(request: &HttpRequest) -> bool {
    request.headers().get(SEC_FETCH_MODE).is_some_and(|mode| mode == "no-cors")
}

/// Refuses a query where none is taken, so that a typo is never silently ignored.
fn refuse_query(request: &HttpRequest) -> Result<(), AppError> {
    match form_urlencoded::parse(request.query_string().as_bytes()).next() {
        Some((name, _)) => {
            Err(AppError::invalid(&[FieldError::new(name, "no such parameter; none is taken")]))
        }
        None => Ok(()),
    }
}

/// What is left of a limit, for programs that pace themselves.
fn tell(headers: &mut HeaderMap, verdict: &Verdict) {
    for (name, value) in [
        ("x-ratelimit-limit", i64::from(verdict.quota.limit)),
        ("x-ratelimit-remaining", verdict.remaining.into()),
        ("x-ratelimit-reset", verdict.reset_at.timestamp() + 1),
        ("x-ratelimit-window", verdict.quota.window.as_secs().cast_signed()),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}
