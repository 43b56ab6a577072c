//! From a request to an HTTP response, with the endpoint given.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::time::sleep;

use crate::instead::{instead, refusal, with_headers, without_head};
use crate::log::Turn;
use crate::plan::{Ending, Plan, Shape};
use crate::player::Player;
use crate::playlist::{Playlist, Scripted};
use crate::recorded::Ended;
use crate::refusal::Refused;
use crate::socket::Socket;
use crate::state::State;
use crate::tape::{Tape, Wire};
use crate::{Ask, Fault, Refusal, Script};

/// A provider, as far as all its endpoints are alike.
pub(crate) trait Provider: 'static {
    /// Refuses a request by its head, such as one without a good key.
    fn admit(state: &State, request: &HttpRequest) -> Result<(), Refusal>;

    /// How the provider says no to a request for `model`, which is empty before it is known. A
    /// status of 200 says that it answers, and that the answer is the refusal.
    fn refuse(why: &Refusal, model: &str) -> Refused;

    /// The header in which an answer has a number, if it has one.
    fn numbered(_: usize) -> Option<(&'static str, String)> {
        None
    }
}

/// An endpoint that answers as scripted.
pub(crate) trait Endpoint: 'static {
    type Provider: Provider;

    /// Writes the events of one answer.
    type Wire: Wire;

    /// The content type of a stream.
    const STREAM: &'static str = JSON;

    /// Where its scripts are.
    fn playlist(state: &State) -> &Mutex<Playlist> {
        &state.chat
    }

    /// What it answers when there is no script.
    fn unscripted(_: &State) -> Script {
        Script::default()
    }

    /// Reads a request as far as the mock needs to know it, and refuses what the provider would.
    fn read(request: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal>;

    /// Does what a request does besides being answered.
    fn accept(_: &web::Data<State>, _: &Ask, _: &Turn) -> Result<(), Refusal> {
        Ok(())
    }

    /// The wire for an answer to `ask` in `shape`.
    fn wire(script: &Script, ask: &Ask, shape: Shape) -> Self::Wire;
}

/// An endpoint that needs no script for what it tells.
pub(crate) trait Telling: 'static {
    type Provider: Provider;

    /// Reads a request as far as the mock needs to know it, and refuses what the provider would.
    fn read(request: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal>;

    /// The answer.
    fn tell(state: &State, ask: &Ask) -> Result<Value, Refusal>;
}

const JSON: &str = "application/json";

/// The handler of an endpoint.
pub(crate) async fn serve<E: Endpoint>(
    state: web::Data<State>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let turn = state.log.open(&request, body.clone());
    let read = E::Provider::admit(&state, &request).and_then(|()| E::read(&request, &body));
    let ask = match read {
        Ok(ask) => Arc::new(ask),
        Err(why) => return refuse::<E::Provider>(&turn, &why, ""),
    };
    turn.asks(&ask);
    if let Err(why) = E::accept(&state, &ask, &turn) {
        return refuse::<E::Provider>(&turn, &why, &ask.model);
    }
    let scripted = E::playlist(&state).lock().take(&ask.model);
    let scripted = scripted.unwrap_or_else(|| Arc::new(Scripted::new(E::unscripted(&state))));
    answer::<E>(&scripted, &ask, turn, &request).await
}

/// The handler of an endpoint that tells.
pub(crate) async fn tell<T: Telling>(
    state: web::Data<State>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let turn = state.log.open(&request, body.clone());
    let read = T::Provider::admit(&state, &request).and_then(|()| T::read(&request, &body));
    let ask = match read {
        Ok(ask) => Arc::new(ask),
        Err(why) => return refuse::<T::Provider>(&turn, &why, ""),
    };
    turn.asks(&ask);
    match T::tell(&state, &ask) {
        Ok(told) => {
            turn.end(Ended::Finished);
            HttpResponse::Ok().json(told)
        }
        Err(why) => refuse::<T::Provider>(&turn, &why, &ask.model),
    }
}

/// Turns a request down as the real server would: no fault of the script.
fn refuse<P: Provider>(turn: &Turn, why: &Refusal, model: &str) -> HttpResponse {
    turn.end(Ended::Finished);
    refusal(P::refuse(why, model))
}

/// Answers `ask` as `scripted` says.
async fn answer<E: Endpoint>(
    scripted: &Scripted,
    ask: &Ask,
    turn: Turn,
    request: &HttpRequest,
) -> HttpResponse {
    let script = &scripted.script;
    if !script.first_byte_delay.is_zero() {
        sleep(script.first_byte_delay).await;
    }
    if let Some(Fault::BeforeHead(how)) = script.fault {
        return without_head(how, &turn, request).await;
    }
    if let Some(response) = instead::<E>(script, &ask.model) {
        turn.end(Ended::Faulted);
        return response;
    }
    let json = script.fault == Some(Fault::JsonInsteadOfStream);
    let shape = Shape { whole: !ask.stream || json, usage: ask.usage };
    let tape = scripted.tape(TypeId::of::<E>(), ask, shape, || {
        Tape::record(&Plan::new(script, ask, shape), script, E::wire(script, ask, shape))
    });
    turn.plays(&tape);
    if shape.whole {
        think(script, &tape).await;
    }
    let mut response = HttpResponse::Ok();
    response
        .content_type(if shape.whole { JSON } else { E::STREAM })
        .insert_header((CACHE_CONTROL, "no-cache"));
    if let Some(number) = E::Provider::numbered(turn.index()) {
        response.insert_header(number);
    }
    with_headers(&mut response, &script.headers);
    let socket = match tape.ending {
        Ending::Reset => request.conn_data::<Socket>().cloned(),
        _ => None,
    };
    response.streaming(Player::new(script, tape, turn, socket).play())
}

/// Lets the time pass in which an answer that is not a stream is being made.
async fn think(script: &Script, tape: &Tape) {
    for (_, gate) in &tape.holds {
        gate.pass().await;
    }
    let pauses = tape.marks.iter().filter(|mark| mark.paced).count();
    let pauses = u32::try_from(pauses).unwrap_or(u32::MAX);
    let time = script.pace.saturating_mul(pauses);
    if time > Duration::ZERO && !tape.is_endless() {
        sleep(time).await;
    }
}
