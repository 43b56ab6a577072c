//! OpenRouter: OpenAI's chat completions with comments, reasoning, costs, and errors of its own.
//!
//! `POST /api/v1/chat/completions`, `GET /api/v1/models` with prices, and `GET /api/v1/key`,
//! which tells what a key may spend.
//!
//! Source: <https://openrouter.ai/docs/api-reference/overview>.

mod catalogue;
mod refusals;

use actix_web::{HttpRequest, guard, web};
use serde_json::{Value, json};

use super::bearer;
use super::list::Models;
use super::openai::{Completions, Dialect};
use crate::Refusal;
use crate::answer::{Provider, serve};
use crate::refusal::Refused;
use crate::state::State;
use crate::usage::Counts;

/// The routes of this wire.
pub(super) fn routes(service: &mut web::ServiceConfig) {
    let chat = web::resource("/api/v1/chat/completions").guard(guard::Post());
    let models = web::resource("/api/v1/models").guard(guard::Get());
    let key = web::resource("/api/v1/key").guard(guard::Get());
    service.service(chat.to(serve::<Completions<OpenRouter>>));
    service.service(models.to(serve::<Models<OpenRouter>>));
    service.service(key.to(serve::<catalogue::KeyInfo>));
}

#[derive(Clone)]
struct OpenRouter;

impl Provider for OpenRouter {
    fn admit(state: &State, request: &HttpRequest) -> Result<(), Refusal> {
        match bearer(request) {
            None => Err(Refusal::NoKey),
            key => state.knows(key).then_some(()).ok_or(Refusal::BadKey),
        }
    }

    fn refuse(why: &Refusal, model: &str) -> Refused {
        refusals::refused(why, model)
    }

    fn numbered(_: usize) -> Option<(&'static str, String)> {
        Some(("x-generation-id", Self::ID.to_owned()))
    }
}

impl Dialect for OpenRouter {
    const ID: &'static str = "gen-mock";
    const COMMENT: &'static str = "OPENROUTER PROCESSING";
    const COMMENTS_FIRST: bool = true;
    const ALWAYS_USAGE: bool = true;
    const HEAD: &'static str = r#","provider":"Mock""#;
    const REASONING: &'static str = "reasoning";

    fn beside_reasoning(text: &str) -> String {
        format!(
            r#","reasoning_details":[{{"type":"reasoning.text","text":{text},"format":"unknown","index":0}}]"#
        )
    }

    fn beside_finish(reason: &str) -> String {
        format!(r#","native_finish_reason":{reason}"#)
    }

    fn usage(counts: Counts) -> Value {
        json!({
            "prompt_tokens": counts.prompt,
            "completion_tokens": counts.completion,
            "total_tokens": counts.prompt + counts.completion,
            "cost": counts.cost,
            "is_byok": false,
            "cost_details": { "upstream_inference_cost": null },
            "prompt_tokens_details": {
                "cached_tokens": counts.cached,
                "cache_write_tokens": counts.cache_written,
                "audio_tokens": 0,
            },
            "completion_tokens_details": { "reasoning_tokens": counts.reasoning },
        })
    }

    fn refusal_event(why: &Refusal, model: &str, head: &str) -> String {
        let error = &Self::refuse(why, model).body["error"];
        format!(
            r#"{head},"error":{error},"choices":[{{"index":0,"delta":{{"role":"assistant","content":""}},"finish_reason":"error","native_finish_reason":"error"}}]}}"#
        )
    }
}
