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
        let header = request
            .headers()
            .get("last-event-id")
            .and_then(|id| id.to_str().ok().map(str::to_owned));
        ready(query.and_then(|Query(query)| {
            let id = header.or(query.after).filter(|id| !id.is_empty());
            id.map(|id| id.parse()).transpose().map(Self).map_err(|_| malformed())
        }))
    }
}
