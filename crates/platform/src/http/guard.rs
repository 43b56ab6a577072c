//! What every endpoint asks of a request before its handler sees it: who is calling, whether a page of ours sent it,
//! whether the token may do it. Done once, by the table of endpoints, so that no handler can forget it.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use common::ErrorCode;
use common::auth::Scope;

use super::endpoints::Access;
use super::origins::Origins;
use super::{AppError, Caller, Endpoint, FieldError, ServiceCaller, caller};

/// Lets a request through to the endpoint's handler, or answers it.
pub(super) async fn guard(
    endpoint: &Endpoint,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let admitted = admit(endpoint, request.request())
        .and_then(|()| if endpoint.takes_query { Ok(()) } else { refuse_query(request.request()) });
    match admitted {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        // Not `into_response`: it would drop the error, which the edge renders.
        Err(refusal) => {
            let (request, _) = request.into_parts();
            Ok(ServiceResponse::new(request, HttpResponse::from_error(refusal)))
        }
    }
}

/// Finds out who is calling, for the extractors, and whether they may.
fn admit(endpoint: &Endpoint, request: &HttpRequest) -> Result<(), AppError> {
    match endpoint.access {
        Access::Public if !endpoint.is_read() && origins(request)?.disown(request) => {
            Err(another_page())
        }
        Access::Public => Ok(()),
        Access::Sibling => {
            let caller = ServiceCaller::identify(request)?;
            request.extensions_mut().insert(caller);
            Ok(())
        }
        Access::Person => {
            let caller = Caller::identify(request)?;
            check_scope(endpoint, &caller)?;
            if caller.is_by_cookie && !endpoint.is_read() && !origins(request)?.vouch_for(request) {
                return Err(another_page());
            }
            request.extensions_mut().insert(caller);
            Ok(())
        }
    }
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

/// Refuses a query where none is taken, so that a typo is never silently ignored.
fn refuse_query(request: &HttpRequest) -> Result<(), AppError> {
    match form_urlencoded::parse(request.query_string().as_bytes()).next() {
        Some((name, _)) => {
            Err(AppError::invalid(&[FieldError::new(name, "no such parameter; none is taken")]))
        }
        None => Ok(()),
    }
}

fn origins(request: &HttpRequest) -> Result<&Data<Origins>, AppError> {
    caller::configured(request)
}

fn another_page() -> AppError {
    AppError::new(
        ErrorCode::CsrfRejected,
        "The request was sent by a page of another site. Use OmniChat's own page, or let the operator add that site to ALLOWED_ORIGINS.",
    )
}
