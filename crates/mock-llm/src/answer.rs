//! From a script to an HTTP response, with the wire given.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde_json::Value;
use tokio::time::sleep;

use crate::Fault;
use crate::log::Turn;
use crate::plan::{Ask, Ending, Plan};
use crate::player::Player;
use crate::playlist::Scripted;
use crate::recorded::Ended;
use crate::socket::Socket;
use crate::tape::{Tape, Wire};

/// How one provider puts answers on the wire.
pub(crate) trait Format {
    /// Writes the events of one answer.
    type Wire: Wire;

    /// The content type of a stream.
    const STREAM: &'static str;

    /// The wire for an answer to `ask` under `scripted`.
    fn wire(scripted: &Scripted, ask: &Ask) -> Self::Wire;
}

/// Answers `ask` as `scripted` says.
pub(crate) async fn answer<F: Format>(
    scripted: &Scripted,
    mut ask: Ask,
    turn: Turn,
    request: &HttpRequest,
) -> HttpResponse {
    let script = &scripted.script;
    if !script.first_byte_delay.is_zero() {
        sleep(script.first_byte_delay).await;
    }
    if let Some(response) = script.fault.as_ref().and_then(instead) {
        turn.end(Ended::Faulted);
        return response;
    }
    ask.shape.whole |= script.fault == Some(Fault::JsonInsteadOfStream);
    let tape = scripted
        .tape(&ask, || Tape::record(&Plan::new(script, &ask), script, F::wire(scripted, &ask)));
    turn.plays(&tape);
    if ask.shape.whole {
        think(scripted, &tape).await;
    }
    let mut response = HttpResponse::Ok();
    response
        .content_type(if ask.shape.whole { "application/json" } else { F::STREAM })
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header(("x-request-id", format!("req_{}", turn.index())));
    let socket = match tape.ending {
        Ending::Reset => request.conn_data::<Socket>().cloned(),
        _ => None,
    };
    response.streaming(Player::new(script, tape, turn, socket).play())
}

/// Lets the time pass in which an answer that is not a stream is being made.
async fn think(scripted: &Scripted, tape: &Tape) {
    for (_, gate) in &tape.holds {
        gate.pass().await;
    }
    let pauses = tape.marks.iter().filter(|mark| mark.paced).count();
    let pauses = u32::try_from(pauses).unwrap_or(u32::MAX);
    let time = scripted.script.pace.saturating_mul(pauses);
    if time > Duration::ZERO && !tape.is_endless() {
        sleep(time).await;
    }
}

/// The response of a fault that comes instead of an answer.
pub(crate) fn instead(fault: &Fault) -> Option<HttpResponse> {
    match fault {
        Fault::Status { code, body, headers } => {
            let code = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = HttpResponse::build(code);
            Some(with_body(&mut response, body, headers))
        }
        Fault::Html => {
            let mut response = HttpResponse::Ok();
            response.content_type("text/html; charset=utf-8");
            Some(response.body("<!doctype html><title>Sign in</title><h1>Welcome</h1>"))
        }
        Fault::Redirect => {
            let mut response = HttpResponse::TemporaryRedirect();
            response.insert_header((LOCATION, "/redirected"));
            Some(response.finish())
        }
        _ => None,
    }
}

fn with_body<'h>(
    response: &mut HttpResponseBuilder,
    body: &Value,
    headers: impl IntoIterator<Item = (&'h String, &'h String)>,
) -> HttpResponse {
    let (kind, body) = match body {
        Value::String(text) => ("text/plain; charset=utf-8", text.clone()),
        json => ("application/json", json.to_string()),
    };
    response.content_type(kind);
    for (name, value) in headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    response.body(body)
}
