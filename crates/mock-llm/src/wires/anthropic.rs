//! Anthropic Messages.
//!
//! `POST /v1/messages`, as a stream of named events or whole, `POST /v1/messages/count_tokens`
//! and `GET /v1/models`, which is told from OpenAI's by its header `anthropic-version`. The key
//! is in `x-api-key`, or a bearer token, as the vendor's newer clients send it. Thinking is a
//! block with a signature, and keep-alives are `ping` events.
//!
//! Source: <https://docs.anthropic.com/en/api/messages-streaming>.

mod blocks;
mod events;
mod refusals;
mod request;
mod whole;

use actix_web::{HttpRequest, guard, web};
use serde_json::{Value, json};

use self::events::Events;
use self::whole::Whole;
use super::list::{Listing, Models, named};
use super::{Form, bearer, header, sse};
use crate::answer::{Endpoint, Provider, Telling, serve, tell};
use crate::plan::Shape;
use crate::refusal::Refused;
use crate::state::State;
use crate::{Ask, Refusal, Script};

const VERSION: &str = "anthropic-version";

/// The routes of this wire.
pub(super) fn routes(service: &mut web::ServiceConfig) {
    let messages = web::resource("/v1/messages").guard(guard::Post());
    let count = web::resource("/v1/messages/count_tokens").guard(guard::Post());
    let ours = guard::fn_guard(|context| context.head().headers().contains_key(VERSION));
    let models = web::resource("/v1/models").guard(guard::Get()).guard(ours);
    service.service(messages.to(serve::<Messages>));
    service.service(count.to(tell::<Count>));
    service.service(models.to(serve::<Models<Anthropic>>));
}

#[derive(Clone)]
struct Anthropic;

impl Provider for Anthropic {
    fn admit(state: &State, request: &HttpRequest) -> Result<(), Refusal> {
        let key = header(request, "x-api-key").or_else(|| bearer(request));
        if key.is_none() {
            return Err(Refusal::NoKey);
        }
        if !state.knows(key) {
            return Err(Refusal::BadKey);
        }
        let version = header(request, VERSION);
        let missing = || Refusal::BadRequest(format!("{VERSION}: header is required"));
        version.map(|_| ()).ok_or_else(missing)
    }

    fn refuse(why: &Refusal, model: &str) -> Refused {
        refusals::refused(why, model)
    }

    fn numbered(index: usize) -> Option<(&'static str, String)> {
        Some(("request-id", format!("req_{index}")))
    }
}

struct Messages;

impl Endpoint for Messages {
    type Provider = Anthropic;
    type Wire = Form<Events, Whole>;
    const STREAM: &'static str = sse::CONTENT_TYPE;

    fn read(_: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal> {
        request::read(body, true)
    }

    fn wire(script: &Script, ask: &Ask, shape: Shape) -> Self::Wire {
        if shape.whole {
            Form::Whole(Whole::new(script, ask))
        } else {
            Form::Stream(Events::new(script, ask))
        }
    }
}

struct Count;

impl Telling for Count {
    type Provider = Anthropic;

    fn read(_: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal> {
        request::read(body, false)
    }

    fn tell(_: &State, ask: &Ask) -> Result<Value, Refusal> {
        Ok(json!({ "input_tokens": ask.words() }))
    }
}

impl Listing for Anthropic {
    const OPENING: &'static str = r#"{"data":["#;

    fn models(_: &State) -> Vec<String> {
        named(["claude-sonnet-4-5", "claude-haiku-4-5"])
    }

    fn model(id: &str) -> Value {
        json!({
            "type": "model",
            "id": id,
            "display_name": id,
            "created_at": "2025-09-29T00:00:00Z",
        })
    }

    fn closing(ids: &[String]) -> String {
        let ends = json!({ "first_id": ids.first(), "has_more": false, "last_id": ids.last() });
        format!("],{}", &ends.to_string()[1..])
    }
}
