//! OpenAI chat completions, as OpenAI and the many servers compatible with it speak them.
//!
//! `POST /v1/chat/completions`, as a stream or whole, and `GET /v1/models`. Requests are
//! checked as far as the real server would refuse them outright: the key (if one is required),
//! the model and the messages. Chunk order: role, deltas, finish, usage with `choices: []`,
//! `[DONE]`.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat>.

mod catalogue;
mod chunks;
mod json;
mod refusals;
mod request;
mod whole;

pub use refusals::{
    context_length_exceeded, insufficient_quota, invalid_request, rate_limited, server_error,
    unauthorized,
};

use actix_web::{HttpRequest, HttpResponse, guard, web};
use bytes::Bytes;

use crate::Fault;
use crate::answer::{Format, answer, instead};
use crate::log::Turn;
use crate::plan::{Ask, Event};
use crate::playlist::Scripted;
use crate::recorded::Ended;
use crate::state::State;
use crate::tape::Wire;

/// The routes of this wire.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    let chat = web::resource("/v1/chat/completions").guard(guard::Post());
    let models = web::resource("/v1/models").guard(guard::Get());
    service.service(chat.to(complete));
    service.service(models.to(list));
}

async fn complete(state: web::Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let turn = state.log.open(&request, body.clone());
    if !state.admits(&request) {
        return refuse(&turn, &unauthorized());
    }
    let ask = match request::parse(&body) {
        Ok(ask) => ask,
        Err(error) => return refuse(&turn, &invalid_request(&error.to_string())),
    };
    let scripted = state.chat.lock().take(&ask.model);
    answer::<Chat>(&scripted, ask, turn, &request).await
}

async fn list(state: web::Data<State>, request: HttpRequest) -> HttpResponse {
    let turn = state.log.open(&request, Bytes::new());
    if !state.admits(&request) {
        return refuse(&turn, &unauthorized());
    }
    let scripted = state.catalogue.lock().take("");
    answer::<Catalogue>(&scripted, request::catalogue(), turn, &request).await
}

/// Turns a request down as the real server would: no fault of the script.
fn refuse(turn: &Turn, refusal: &Fault) -> HttpResponse {
    turn.end(Ended::Finished);
    instead(refusal).unwrap_or_else(|| HttpResponse::InternalServerError().finish())
}

struct Chat;

impl Format for Chat {
    type Wire = Completion;
    const STREAM: &'static str = "text/event-stream; charset=utf-8";

    fn wire(scripted: &Scripted, ask: &Ask) -> Completion {
        if ask.shape.whole {
            Completion::Whole(whole::Whole::new(&scripted.script, ask))
        } else {
            Completion::Chunks(chunks::Chunks::new(&scripted.script, ask))
        }
    }
}

/// One completion, in either of its two forms.
#[derive(Clone)]
enum Completion {
    Chunks(chunks::Chunks),
    Whole(whole::Whole),
}

impl Wire for Completion {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Chunks(chunks) => chunks.write(event, out),
            Self::Whole(whole) => whole.write(event, out),
        }
    }
}

struct Catalogue;

impl Format for Catalogue {
    type Wire = catalogue::Models;
    const STREAM: &'static str = "application/json";

    fn wire(_: &Scripted, _: &Ask) -> catalogue::Models {
        catalogue::Models::default()
    }
}
