//! OpenAI chat completions, as OpenAI and the many servers compatible with it speak them.
//!
//! `POST /v1/chat/completions`, as a stream or whole, and `GET /v1/models`. Requests are
//! checked as far as the real server would refuse them outright: the key (if one is required),
//! the model and the messages. Chunk order: role, deltas, finish, usage with `choices: []`,
//! `[DONE]`.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat>.

mod chunks;
mod dialect;
mod refusals;
mod request;
mod whole;

pub(super) use dialect::Dialect;
pub use refusals::{
    context_length_exceeded, insufficient_quota, invalid_request, rate_limited, server_error,
    unauthorized,
};

use std::marker::PhantomData;

use actix_web::{HttpRequest, guard, web};
use serde_json::{Value, json};

use self::chunks::Chunks;
use self::whole::Whole;
use super::list::{Listing, Models, named};
use super::{Form, bearer, sse};
use crate::answer::{Endpoint, Provider, serve};
use crate::plan::Shape;
use crate::refusal::Refused;
use crate::state::State;
use crate::{Ask, Refusal, Script};

/// The routes of this wire.
pub(super) fn routes(service: &mut web::ServiceConfig) {
    let chat = web::resource("/v1/chat/completions").guard(guard::Post());
    let models = web::resource("/v1/models").guard(guard::Get());
    service.service(chat.to(serve::<Completions<OpenAi>>));
    service.service(models.to(serve::<Models<OpenAi>>));
}

#[derive(Clone)]
struct OpenAi;

impl Provider for OpenAi {
    fn admit(state: &State, request: &HttpRequest) -> Result<(), Refusal> {
        let key = bearer(request);
        state.knows(key).then_some(()).ok_or(Refusal::BadKey)
    }

    fn refuse(why: &Refusal, model: &str) -> Refused {
        refusals::refused(why, model)
    }

    fn numbered(index: usize) -> Option<(&'static str, String)> {
        Some(("x-request-id", format!("req_{index}")))
    }
}

impl Dialect for OpenAi {
    const ID: &'static str = "chatcmpl-mock";
    const COMMENT: &'static str = "keep-alive";
}

/// The completions of a provider that speaks OpenAI's format.
pub(super) struct Completions<D>(PhantomData<D>);

impl<D: Dialect> Endpoint for Completions<D> {
    type Provider = D;
    type Wire = Form<Chunks<D>, Whole<D>>;
    const STREAM: &'static str = sse::CONTENT_TYPE;

    fn read(_: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal> {
        let ask = request::read(body)?;
        Ok(Ask { usage: ask.usage || D::ALWAYS_USAGE, ..ask })
    }

    fn wire(script: &Script, ask: &Ask, shape: Shape) -> Self::Wire {
        if shape.whole {
            Form::Whole(Whole::new(script, ask))
        } else {
            Form::Stream(Chunks::new(script, ask, shape))
        }
    }
}

impl Listing for OpenAi {
    const OPENING: &'static str = r#"{"object":"list","data":["#;

    fn models(_: &State) -> Vec<String> {
        named(["gpt-4o", "gpt-4o-mini"])
    }

    fn model(id: &str) -> Value {
        json!({ "id": id, "object": "model", "created": 1_715_367_049, "owned_by": "mock" })
    }
}
