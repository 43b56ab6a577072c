use utoipa::IntoParams;

/// How a request that sends is made again without a second effect.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the extractor reads it; this is how it is documented")]
pub struct IdempotencyHeader {
    /// What the client calls this request, kept for 24 hours: made again with the same key, path and body it sends nothing, and
    /// is answered with what the first one began. While that goes on it streams, or is `IDEMPOTENCY_IN_PROGRESS`; with another
    /// path or body it is `IDEMPOTENCY_MISMATCH`. 1 to 255 visible ASCII characters.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    key: Option<String>,
}
