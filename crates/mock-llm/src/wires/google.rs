//! Google Gemini.
//!
//! `POST /v1beta/models/{model}:streamGenerateContent` as events with `alt=sse` and as a growing
//! array without, `:generateContent`, `:countTokens`, and `GET /v1beta/models`; all of it under
//! `/v1` as well, where the list of models is told from OpenAI's by its header `x-goog-api-key`.
//! A stream has no terminal marker but a finish reason, each chunk has the token counts so far,
//! and a prompt that is refused is an answer without candidates.
//!
//! Source: <https://ai.google.dev/api/generate-content>.

mod chunks;
mod content;
mod refusals;
mod request;
mod whole;

use actix_web::{HttpRequest, HttpResponse, guard, web};
use bytes::Bytes;
use serde_json::{Value, json};

use self::chunks::Chunks;
use self::whole::Whole;
use super::list::{Listing, Models, named};
use super::{Form, header, sse};
use crate::answer::{Endpoint, Provider, Telling, serve, tell};
use crate::plan::Shape;
use crate::refusal::Refused;
use crate::state::State;
use crate::{Ask, Refusal, Script, control};

const KEY: &str = "x-goog-api-key";

/// The routes of this wire.
pub(super) fn routes(service: &mut web::ServiceConfig) {
    for version in ["v1beta", "v1"] {
        let call = format!("/{version}/models/{{model}}:{{method}}");
        service.service(web::resource(call).guard(guard::Post()).to(dispatch));
    }
    let models = |path: &str| web::resource(path).guard(guard::Get());
    service.service(models("/v1beta/models").to(serve::<Models<Google>>));
    let ours = guard::fn_guard(|context| context.head().headers().contains_key(KEY));
    service.service(models("/v1/models").guard(ours).to(serve::<Models<Google>>));
}

/// The method is a part of the last segment of the path.
async fn dispatch(state: web::Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let events = request.query_string().split('&').any(|pair| pair == "alt=sse");
    match request.match_info().query("method") {
        "streamGenerateContent" if events => serve::<Stream<true>>(state, request, body).await,
        "streamGenerateContent" => serve::<Stream<false>>(state, request, body).await,
        "generateContent" => serve::<Generate>(state, request, body).await,
        "countTokens" => tell::<Count>(state, request, body).await,
        _ => control::unknown(state, request, body).await,
    }
}

#[derive(Clone)]
struct Google;

impl Provider for Google {
    fn admit(state: &State, request: &HttpRequest) -> Result<(), Refusal> {
        match header(request, KEY) {
            None => Err(Refusal::NoKey),
            key => state.knows(key).then_some(()).ok_or(Refusal::BadKey),
        }
    }

    fn refuse(why: &Refusal, model: &str) -> Refused {
        refusals::refused(why, model)
    }
}

/// A stream: of events, or else an array.
struct Stream<const EVENTS: bool>;

impl<const EVENTS: bool> Endpoint for Stream<EVENTS> {
    type Provider = Google;
    type Wire = Form<Chunks, Whole>;
    const STREAM: &'static str = if EVENTS { sse::CONTENT_TYPE } else { "application/json" };

    fn read(request: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal> {
        request::read(request, body, true)
    }

    fn wire(script: &Script, ask: &Ask, shape: Shape) -> Self::Wire {
        if shape.whole {
            Form::Whole(Whole::new(script, ask))
        } else {
            Form::Stream(Chunks::new(script, ask, EVENTS))
        }
    }
}

struct Generate;

impl Endpoint for Generate {
    type Provider = Google;
    type Wire = Whole;

    fn read(request: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal> {
        request::read(request, body, false)
    }

    fn wire(script: &Script, ask: &Ask, _: Shape) -> Whole {
        Whole::new(script, ask)
    }
}

struct Count;

impl Telling for Count {
    type Provider = Google;

    fn read(request: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal> {
        request::read_count(request, body)
    }

    fn tell(_: &State, ask: &Ask) -> Result<Value, Refusal> {
        let words = ask.words();
        let details = json!([{ "modality": "TEXT", "tokenCount": words }]);
        Ok(json!({ "totalTokens": words, "promptTokensDetails": details }))
    }
}

impl Listing for Google {
    const OPENING: &'static str = r#"{"models":["#;

    fn models(_: &State) -> Vec<String> {
        named(["gemini-2.5-pro", "gemini-2.5-flash"])
    }

    fn model(id: &str) -> Value {
        json!({
            "name": format!("models/{id}"),
            "version": "001",
            "displayName": id,
            "description": "A model of the mock.",
            "inputTokenLimit": 1_048_576,
            "outputTokenLimit": 65_536,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
            "temperature": 1,
            "topP": 0.95,
            "topK": 64,
            "maxTemperature": 2,
            "thinking": true,
        })
    }
}
