//! The responses of faults that come instead of an answer.

use std::io::{self, Write};

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, LOCATION};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use serde_json::Value;

use crate::answer::{Endpoint, Provider};
use crate::log::Turn;
use crate::player::BrokenOff;
use crate::recorded::Ended;
use crate::refusal::Refused;
use crate::socket::Socket;
use crate::{Break, Fault, Script};

/// The response of the fault of `script`, if it is one that comes instead of an answer.
pub(crate) fn instead<E: Endpoint>(script: &Script, model: &str) -> Option<HttpResponse> {
    let mut response = HttpResponse::Ok();
    let body: Bytes = match script.fault.as_ref()? {
        Fault::Refused { why, after_tokens: None } => {
            let refused = E::Provider::refuse(why, model);
            if refused.status == 200 {
                // the answer itself says it
                return None;
            }
            head(&mut response, refused)
        }
        Fault::Status { code, body, headers } => {
            let body = plain(&mut response, *code, body);
            with_headers(&mut response, headers);
            body
        }
        Fault::Html => {
            response.content_type("text/html; charset=utf-8");
            "<!doctype html><title>Sign in</title><h1>Welcome</h1>".into()
        }
        Fault::Redirect => {
            response.status(StatusCode::TEMPORARY_REDIRECT);
            response.insert_header((LOCATION, "/redirected"));
            Bytes::new()
        }
        Fault::Bomb { bytes } => {
            response.content_type(E::STREAM);
            response.insert_header((CONTENT_ENCODING, "gzip"));
            packed(*bytes).unwrap_or_default().into()
        }
        _ => return None,
    };
    with_headers(&mut response, &script.headers);
    Some(response.body(body))
}

/// A refusal by itself.
pub(crate) fn refusal(refused: Refused) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    let body = head(&mut response, refused);
    response.body(body)
}

/// Adds `headers`, each in place of one of that name.
pub(crate) fn with_headers<'h>(
    response: &mut HttpResponseBuilder,
    headers: impl IntoIterator<Item = (&'h String, &'h String)>,
) {
    for (name, value) in headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
}

/// Ends the connection without a response: a body that fails at once takes the head with it, for
/// the server has not written that yet.
pub(crate) async fn without_head(how: Break, turn: &Turn, request: &HttpRequest) -> HttpResponse {
    match how {
        Break::Silence => std::future::pending().await,
        Break::Reset => {
            if let Some(socket) = request.conn_data::<Socket>() {
                socket.reset_when_closed();
            }
        }
        Break::Off => {}
    }
    turn.end(Ended::Faulted);
    HttpResponse::Ok().streaming(stream::iter([Err::<Bytes, _>(BrokenOff)]))
}

fn head(response: &mut HttpResponseBuilder, refused: Refused) -> Bytes {
    let body = plain(response, refused.status, &refused.body);
    for header in refused.headers {
        response.insert_header(header);
    }
    body
}

fn plain(response: &mut HttpResponseBuilder, code: u16, body: &Value) -> Bytes {
    response.status(StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    let (kind, body) = match body {
        Value::String(text) => ("text/plain; charset=utf-8", text.clone()),
        json => ("application/json", json.to_string()),
    };
    response.content_type(kind);
    body.into()
}

/// That many spaces, packed by gzip.
fn packed(mut bytes: usize) -> io::Result<Vec<u8>> {
    static SPACES: [u8; 1 << 16] = [b' '; 1 << 16];
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    while bytes > 0 {
        let some = bytes.min(SPACES.len());
        packer.write_all(&SPACES[..some])?;
        bytes -= some;
    }
    packer.finish()
}
