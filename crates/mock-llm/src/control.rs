//! The control surface: scripts and log over HTTP, for shell scripts and other processes.
//!
//! It has no key and belongs on a loopback address. What is asked here is not in the log.

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::recorded::{Ended, Recorded};
use crate::state::State;
use crate::{Script, Stats};

/// The routes under `/mock`.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/mock/requests", web::get().to(requests))
        .route("/mock/stats", web::get().to(stats))
        .route("/mock/scripts", web::post().to(add))
        .route("/mock/scripts/default", web::put().to(replace));
}

/// The answer to everything no wire knows.
pub(crate) async fn unknown(
    state: web::Data<State>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let turn = state.log.open(&request, body);
    turn.end(Ended::Finished);
    let message = format!("Invalid URL ({} {})", request.method(), request.path());
    HttpResponse::NotFound().json(json!({ "error": { "message": message } }))
}

async fn requests(state: web::Data<State>) -> web::Json<Vec<Value>> {
    web::Json(state.log.requests().iter().map(entry).collect())
}

fn entry(recorded: &Recorded) -> Value {
    let mut entry = json!(recorded);
    entry["ask"] = json!(recorded.ask.as_deref());
    entry["json"] = recorded.json();
    entry["body"] = String::from_utf8_lossy(&recorded.body).into();
    entry
}

async fn stats(state: web::Data<State>) -> web::Json<Stats> {
    web::Json(state.log.stats())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct For {
    model: Option<String>,
}

async fn add(
    state: web::Data<State>,
    target: web::Query<For>,
    script: web::Json<Script>,
) -> HttpResponse {
    let mut chat = state.chat.lock();
    match target.into_inner().model {
        Some(model) => chat.set_for(model, script.into_inner()),
        None => chat.queue(script.into_inner()),
    }
    HttpResponse::NoContent().finish()
}

async fn replace(state: web::Data<State>, script: web::Json<Script>) -> HttpResponse {
    state.chat.lock().set_default(script.into_inner());
    HttpResponse::NoContent().finish()
}
