//! Files of lines, each a JSON object (NDJSON), sent as they are made.

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use futures_util::stream::{Stream, TryStreamExt};
use serde::Serialize;

use super::AppError;

/// The media type of such files.
pub const NDJSON: &str = "application/x-ndjson";

/// A line.
///
/// # Errors
/// The value is none of JSON's.
pub fn line(value: &impl Serialize) -> Result<Bytes, AppError> {
    let mut line = serde_json::to_vec(value).map_err(AppError::internal)?;
    line.push(b'\n');
    Ok(line.into())
}

/// An answer that streams lines. Where they cannot be finished the connection breaks.
pub fn lines(lines: impl Stream<Item = Result<Bytes, AppError>> + 'static) -> HttpResponse {
    HttpResponse::Ok().content_type(NDJSON).streaming(lines.inspect_err(|error| error.log(None)))
}
