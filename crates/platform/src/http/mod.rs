//! HTTP as every service speaks it: the envelope, the errors, the extractors, the server around them.
//!
//! A handler takes what the extractors here give it, calls one service method and gives back an [`Answer`]; everything
//! else about HTTP happens once, in `edge`.

mod answer;
mod body;
mod caller;
mod client_address;
mod connections;
mod cookies;
mod docs;
mod edge;
mod endpoints;
mod error;
mod field_errors;
mod guard;
mod idempotency;
mod lines;
mod openai;
mod operating;
mod origins;
mod paging;
mod probe;
mod query;
mod request_id;
mod request_log;
mod security_headers;
mod server;
mod sse;
mod trace;
mod upload;
pub mod valid;

pub use answer::{Answer, Envelope, Pagination};
pub use body::{Body, SizedBody, present};
pub use caller::{Caller, ServiceCaller, bearer_token};
pub use client_address::{MalformedProxies, TrustedProxies, client_address};
pub use cookies::{Cookies, SessionCookie};
pub use docs::document;
pub use edge::Paths;
pub use endpoints::{Access, Endpoint, Endpoints};
pub use error::{AppError, ErrorBody, ErrorEnvelope};
pub use field_errors::FieldError;
pub use guard::require_our_page;
pub use idempotency::{HalfKey, IdempotencyKeyHeader, Idempotent, key_of_query};
pub use lines::{NDJSON, line, lines};
pub use openai::{OpenAiError, OpenAiFailure};
pub use paging::{Limit, Order, Paging};
pub use query::Query;
pub use request_id::RequestId;
pub use server::{RunningServer, Server};
pub use sse::{event, event_stream, nameless_event, prefers_event_stream};
pub(crate) use trace::Trace;
pub use upload::Upload;

#[doc(hidden)]
pub use pastey::paste as __paste;
