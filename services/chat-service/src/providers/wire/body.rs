//! The bytes of an answer, and what it means if they do not come.

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt};
use reqwest::Response;

use super::super::{ProviderError, ProviderErrorKind};

/// The bytes of an answer as they come.
pub type ByteStream = BoxStream<'static, Result<Bytes, ProviderError>>;

/// The bytes of an answer.
pub(super) fn bytes(response: Response) -> ByteStream {
    response.bytes_stream().map(|chunk| chunk.map_err(transport)).boxed()
}

/// A whole body, if it is no longer than `limit` bytes.
pub(super) async fn bounded(
    mut response: Response,
    limit: usize,
) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        body.extend_from_slice(&chunk);
        if body.len() > limit {
            return Err(
                ProviderError::new(ProviderErrorKind::Protocol).because("a body without end")
            );
        }
    }
    Ok(body)
}

/// What a failing connection means.
pub(super) fn transport(error: reqwest::Error) -> ProviderError {
    let kind = if error.is_timeout() {
        ProviderErrorKind::TimedOut
    } else if error.is_connect() {
        ProviderErrorKind::Unreachable
    } else if error.is_builder() {
        ProviderErrorKind::BadRequest
    } else {
        ProviderErrorKind::Truncated
    };
    let error = error.without_url();
    let innermost =
        std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source())
            .last();
    ProviderError::new(kind).because(innermost.map(ToString::to_string).unwrap_or_default())
}
