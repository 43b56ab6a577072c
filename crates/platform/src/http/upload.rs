//! Bodies that are too large to be held: read as they come.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;

use super::AppError;
use super::body::{announced_length, is_of_type, unreadable};

/// A file of JSON, or of lines of it, of at most `LIMIT` bytes.
///
/// Fails with 408, 413 or 415; what is in the file is for its reader to say.
pub struct Upload<const LIMIT: usize> {
    payload: web::Payload,
    seen: usize,
}

impl<const LIMIT: usize> Upload<LIMIT> {
    /// What comes next of it; `None` at its end.
    pub async fn next(&mut self) -> Option<Result<Bytes, AppError>> {
        let piece = match self.payload.next().await? {
            Ok(piece) => piece,
            Err(error) => return Some(Err(unreadable(&error.into()))),
        };
        self.seen += piece.len();
        Some(if self.seen > LIMIT { Err(AppError::too_large(LIMIT)) } else { Ok(piece) })
    }
}

impl<const LIMIT: usize> FromRequest for Upload<LIMIT> {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !is_of_type(request, &["application/json", "application/x-ndjson"]) {
            return ready(Err(AppError::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)));
        }
        if announced_length(request).is_some_and(|length| length > LIMIT) {
            return ready(Err(AppError::too_large(LIMIT)));
        }
        let payload = web::Payload::from_request(request, payload).into_inner();
        let payload = payload.map_err(|error| AppError::internal(error.to_string()));
        ready(payload.map(|payload| Self { payload, seen: 0 }))
    }
}
