//! The control surface: scripts and log over HTTP, for shell scripts and other processes.
//!
//! | | |
//! |---|---|
//! | `POST /mock/scripts` | queues a [`Script`]; with `?model=` it is that model's from now on |
//! | `PUT /mock/scripts/default` | sets the script of what finds the queue empty |
//! | `PUT /mock/keys` | the keys that are good, an array; an empty one makes every key good |
//! | `PUT /mock/pulled` | the models on the machine, an array |
//! | `GET /mock/requests` | the log: [`Recorded`] with `ask`, `body` and, if it is JSON, `json` |
//! | `GET /mock/stats` | [`Stats`] |
//!
//! Scripts are those of completions; with `?of=catalogue` those of the lists of models, and with
//! `?of=loading` those of pulls and warm-ups. Nothing here has a key, so it belongs on a loopback
//! address. What is asked here is not in the log.

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::playlist::Playlist;
use crate::recorded::{Ended, Recorded};
use crate::state::State;
use crate::{Script, Stats};

/// The routes under `/mock`.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/mock/requests", web::get().to(requests))
        .route("/mock/stats", web::get().to(stats))
        .route("/mock/scripts", web::post().to(add))
        .route("/mock/scripts/default", web::put().to(replace))
        .route("/mock/keys", web::put().to(keys))
        .route("/mock/pulled", web::put().to(pulled));
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

/// Which scripts are meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct For {
    #[serde(default)]
    of: Of,
    model: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Of {
    #[default]
    Chat,
    Catalogue,
    Loading,
}

impl For {
    fn playlist<'s>(&self, state: &'s State) -> &'s Mutex<Playlist> {
        match self.of {
            Of::Chat => &state.chat,
            Of::Catalogue => &state.catalogue,
            Of::Loading => &state.loading,
        }
    }
}

async fn add(
    state: web::Data<State>,
    target: web::Query<For>,
    script: web::Json<Script>,
) -> HttpResponse {
    let mut playlist = target.playlist(&state).lock();
    match target.into_inner().model {
        Some(model) => playlist.set_for(model, script.into_inner()),
        None => playlist.queue(script.into_inner()),
    }
    HttpResponse::NoContent().finish()
}

async fn replace(
    state: web::Data<State>,
    target: web::Query<For>,
    script: web::Json<Script>,
) -> HttpResponse {
    target.playlist(&state).lock().set_default(script.into_inner());
    HttpResponse::NoContent().finish()
}

async fn keys(state: web::Data<State>, keys: web::Json<Vec<String>>) -> HttpResponse {
    *state.keys.lock() = keys.into_inner();
    HttpResponse::NoContent().finish()
}

async fn pulled(state: web::Data<State>, models: web::Json<Vec<String>>) -> HttpResponse {
    state.machine.lock().set(models.into_inner().into_iter());
    HttpResponse::NoContent().finish()
}
