//! The providers' formats, one module each, and the few things that several of them share.

mod anthropic;
mod google;
mod json;
mod list;
mod ollama;
pub mod openai;
mod openrouter;
mod sse;

use actix_web::{HttpRequest, web};

use crate::plan::Event;
use crate::tape::Wire;

/// The routes of every wire.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service.configure(anthropic::routes);
    service.configure(google::routes);
    // after those that share its path for the list of models, and know theirs by a header
    service.configure(openai::routes);
    service.configure(openrouter::routes);
    service.configure(ollama::routes);
}

/// One answer, in either of its two forms.
#[derive(Clone)]
pub(crate) enum Form<S, W> {
    Stream(S),
    Whole(W),
}

impl<S: Wire, W: Wire> Wire for Form<S, W> {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Stream(stream) => stream.write(event, out),
            Self::Whole(whole) => whole.write(event, out),
        }
    }
}

/// What is being written: of an answer in parts, the part that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Reasoning,
    Text,
    /// The call with that number.
    Tool(usize),
}

/// The value of a header.
fn header<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}

/// The key that comes as a bearer token.
fn bearer(request: &HttpRequest) -> Option<&str> {
    header(request, "authorization")?.strip_prefix("Bearer ")
}
