//! Ollama, which runs its models itself.
//!
//! `POST /api/chat` and `/api/generate` as lines of JSON or whole, where a request without a
//! message loads the model or unloads it; `POST /api/pull`; `GET /api/tags`, `/api/ps` and
//! `/api/version`; `POST /api/show`. There are no keys. A model must have been pulled to answer.
//!
//! Source: <https://docs.ollama.com/api>.

mod lines;
mod models;
mod pull;
mod refusals;
mod request;
mod whole;

use std::marker::PhantomData;

use actix_web::{HttpRequest, HttpResponse, guard, web};
use bytes::Bytes;
use parking_lot::Mutex;

use self::lines::{Lines, Loaded};
use self::models::{Running, Show, Version};
use self::pull::Pull;
use self::request::About;
use self::whole::Whole;
use super::Form;
use super::json::quoted;
use super::list::Models;
use crate::answer::{Endpoint, Provider, serve, tell};
use crate::log::Turn;
use crate::plan::Shape;
use crate::playlist::Playlist;
use crate::refusal::Refused;
use crate::state::State;
use crate::{Ask, Refusal, Script};

/// The routes of this wire.
pub(super) fn routes(service: &mut web::ServiceConfig) {
    let get = |path| web::resource::<&str>(path).guard(guard::Get());
    let post = |path| web::resource::<&str>(path).guard(guard::Post());
    service.service(post("/api/chat").to(dispatch::<Chat>));
    service.service(post("/api/generate").to(dispatch::<Generate>));
    service.service(post("/api/pull").to(serve::<Pull>));
    service.service(post("/api/show").to(tell::<Show>));
    service.service(get("/api/tags").to(serve::<Models<Ollama>>));
    service.service(get("/api/ps").to(tell::<Running>));
    service.service(get("/api/version").to(tell::<Version>));
}

/// A request without a message is about the model alone.
async fn dispatch<K: Kind>(
    state: web::Data<State>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    match request::about::<K>(&body) {
        About::Message => serve::<Answer<K>>(state, request, body).await,
        About::Load => serve::<Load<K, true>>(state, request, body).await,
        About::Unload => serve::<Load<K, false>>(state, request, body).await,
    }
}

#[derive(Clone)]
struct Ollama;

impl Provider for Ollama {
    fn admit(_: &State, _: &HttpRequest) -> Result<(), Refusal> {
        Ok(())
    }

    fn refuse(why: &Refusal, model: &str) -> Refused {
        refusals::refused(why, model)
    }
}

/// One of the two endpoints that answer.
trait Kind: Clone + 'static {
    /// What comes before the fields of the message.
    const OPENING: &'static str;

    /// The field with the text of the message.
    const TEXT: &'static str;

    /// What comes after the fields of the message.
    const CLOSING: &'static str;

    /// The field of a request that is empty when there is no message.
    const ASKED: &'static str;
}

#[derive(Clone)]
struct Chat;

impl Kind for Chat {
    const OPENING: &'static str = r#","message":{"role":"assistant""#;
    const TEXT: &'static str = "content";
    const CLOSING: &'static str = "}";
    const ASKED: &'static str = "messages";
}

#[derive(Clone)]
struct Generate;

impl Kind for Generate {
    const OPENING: &'static str = "";
    const TEXT: &'static str = "response";
    const CLOSING: &'static str = "";
    const ASKED: &'static str = "prompt";
}

/// The fields that open an answer or a line of one.
fn head(ask: &Ask) -> String {
    let model = quoted(&ask.model);
    format!(r#"{{"model":{model},"created_at":"2026-01-01T00:00:00.000000Z""#)
}

struct Answer<K>(PhantomData<K>);

impl<K: Kind> Endpoint for Answer<K> {
    type Provider = Ollama;
    type Wire = Form<Lines<K>, Whole<K>>;
    const STREAM: &'static str = lines::CONTENT_TYPE;

    fn read(_: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal> {
        request::read(body)
    }

    fn accept(state: &web::Data<State>, ask: &Ask, turn: &Turn) -> Result<(), Refusal> {
        let mut machine = state.machine.lock();
        if !machine.has(&ask.model) {
            return Err(Refusal::UnknownModel);
        }
        machine.load(&ask.model);
        if ask.unload {
            let (state, model) = (state.clone(), ask.model.clone());
            turn.when_finished(move || state.machine.lock().unload(&model));
        }
        Ok(())
    }

    fn wire(script: &Script, ask: &Ask, shape: Shape) -> Self::Wire {
        if shape.whole {
            Form::Whole(Whole::new(script, ask))
        } else {
            Form::Stream(Lines::new(script, ask))
        }
    }
}

/// Brings a model into the memory, or takes it out.
struct Load<K, const IN: bool>(PhantomData<K>);

impl<K: Kind, const IN: bool> Endpoint for Load<K, IN> {
    type Provider = Ollama;
    type Wire = Loaded<K>;

    fn playlist(state: &State) -> &Mutex<Playlist> {
        &state.loading
    }

    fn read(_: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal> {
        Ok(Ask { stream: false, ..request::read(body)? })
    }

    fn accept(state: &web::Data<State>, ask: &Ask, turn: &Turn) -> Result<(), Refusal> {
        if !state.machine.lock().has(&ask.model) {
            return Err(Refusal::UnknownModel);
        }
        let (state, model) = (state.clone(), ask.model.clone());
        turn.when_finished(move || {
            let mut machine = state.machine.lock();
            if IN { machine.load(&model) } else { machine.unload(&model) }
        });
        Ok(())
    }

    fn wire(_: &Script, ask: &Ask, _: Shape) -> Loaded<K> {
        Loaded::new(ask, if IN { "load" } else { "unload" })
    }
}
