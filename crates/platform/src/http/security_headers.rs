//! What every answer tells a browser about how carefully to treat it.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

/// An answer of the API is data: nothing in it is to be run, framed, sniffed at or kept.
const FOR_ALL: [(HeaderName, &str); 4] = [
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
];
const TWO_YEARS: &str = "max-age=63072000; includeSubDomains";

/// Adds what the answer does not say for itself.
pub(super) fn add(headers: &mut HeaderMap, is_https: bool) {
    let transport = is_https.then_some((STRICT_TRANSPORT_SECURITY, TWO_YEARS));
    for (name, value) in FOR_ALL.into_iter().chain(transport) {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
