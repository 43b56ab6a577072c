//! The models with their prices, and what a key may spend.

use actix_web::HttpRequest;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::OpenRouter;
use crate::answer::{Endpoint, Provider};
use crate::plan::{Event, Shape};
use crate::playlist::Playlist;
use crate::state::State;
use crate::tape::Wire;
use crate::wires::list::{Listing, named};
use crate::{Ask, Refusal, Script};

/// The model that stands for whichever is best; its price is unknown, told as `-1`.
const AUTO: &str = "openrouter/auto";

impl Listing for OpenRouter {
    const OPENING: &'static str = r#"{"data":["#;

    fn models(_: &State) -> Vec<String> {
        named(["openai/gpt-4o-mini", "meta-llama/llama-3.3-70b-instruct:free", AUTO])
    }

    fn model(id: &str) -> Value {
        let (prompt, completion, cached) = match id {
            AUTO => ("-1", "-1", "-1"),
            free if free.ends_with(":free") => ("0", "0", "0"),
            _ => ("0.00000015", "0.0000006", "0.000000075"),
        };
        json!({
            "id": id,
            "canonical_slug": id,
            "name": id,
            "created": 1_715_367_049,
            "description": "A model of the mock.",
            "context_length": 128_000,
            "architecture": {
                "modality": "text+image->text",
                "input_modalities": ["text", "image"],
                "output_modalities": ["text"],
                "tokenizer": "Other",
                "instruct_type": null,
            },
            "pricing": {
                "prompt": prompt,
                "completion": completion,
                "input_cache_read": cached,
                "request": "0",
                "image": "0",
                "web_search": "0",
                "internal_reasoning": "0",
            },
            "top_provider": {
                "context_length": 128_000,
                "max_completion_tokens": 16_384,
                "is_moderated": false,
            },
            "per_request_limits": null,
            "supported_parameters": ["max_tokens", "reasoning", "stop", "temperature", "tools"],
        })
    }
}

/// It fails by the scripts of the lists; whatever they say, what it tells is the same.
pub(super) struct KeyInfo;

impl Endpoint for KeyInfo {
    type Provider = OpenRouter;
    type Wire = Spending;

    fn playlist(state: &State) -> &Mutex<Playlist> {
        &state.catalogue
    }

    fn read(_: &HttpRequest, _: &[u8]) -> Result<Ask, Refusal> {
        Ok(Ask::default())
    }

    fn wire(_: &Script, _: &Ask, _: Shape) -> Self::Wire {
        Spending
    }
}

#[derive(Clone)]
pub(super) struct Spending;

impl Wire for Spending {
    fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        let written = match event {
            Event::Opening => json!({ "data": {
                "label": "sk-or-v1-moc...key",
                "limit": 100,
                "limit_remaining": 74.5,
                "limit_reset": null,
                "usage": 25.5,
                "is_free_tier": false,
                "is_provisioning_key": false,
                "rate_limit": { "requests": -1, "interval": "10s", "note": "deprecated" },
            } }),
            Event::Error(why) => OpenRouter::refuse(why, "").body,
            _ => return,
        };
        out.extend_from_slice(written.to_string().as_bytes());
    }
}
