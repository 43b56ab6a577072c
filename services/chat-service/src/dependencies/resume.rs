use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use common::MessageId;
use garde::Validate;
use platform::http::{AppError, FieldError, Query};
use serde::Deserialize;

use crate::generation::EventId;

/// Where a stream is to go on: `Last-Event-ID`, or `?after=` of the same value; `None`: from the beginning.
pub struct ResumeAfter(pub Option<EventId>);

impl ResumeAfter {
    /// The place in the stream of `message`.
    ///
    /// # Errors
    /// It is of another message's.
    pub fn of(self, message: MessageId) -> Result<Option<EventId>, AppError> {
        match self.0 {
            Some(id) if id.message != message => Err(malformed()),
            other => Ok(other),
        }
    }
}

/// Where a stream is to go on that says so in `Last-Event-ID` alone.
pub struct LastEventId(pub Option<EventId>);

fn header(request: &HttpRequest) -> Option<String> {
    let header = request.headers().get("last-event-id")?;
    header.to_str().ok().map(str::to_owned).filter(|id| !id.is_empty())
}

fn parse(id: Option<String>) -> Result<Option<EventId>, AppError> {
    id.map(|id| id.parse()).transpose().map_err(|_| malformed())
}

impl FromRequest for LastEventId {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(header(request)).map(Self))
    }
}

fn malformed() -> AppError {
    AppError::invalid(&[FieldError::new("after", "the id of an event of this stream")])
}

#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct After {
    #[garde(skip)]
    after: Option<String>,
}

impl FromRequest for ResumeAfter {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let query = Query::<After>::from_request(request, payload).into_inner();
        let header = header(request);
        ready(query.and_then(|Query(query)| {
            parse(header.or(query.after).filter(|id| !id.is_empty())).map(Self)
        }))
    }
}
