//! What is known of the models on the machine.

use actix_web::HttpRequest;
use serde_json::{Value, json};

use super::{Ollama, request};
use crate::answer::Telling;
use crate::state::State;
use crate::wires::list::Listing;
use crate::{Ask, Refusal};

/// In bytes.
const SIZE: u64 = 2_019_393_189;

const CONTEXT_LENGTH: u64 = 131_072;

/// The fields that lists of models have in common.
fn fields(name: &str) -> Value {
    json!({
        "name": name,
        "model": name,
        "size": SIZE,
        "digest": "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72",
        "details": details(),
    })
}

fn details() -> Value {
    json!({
        "parent_model": "",
        "format": "gguf",
        "family": "llama",
        "families": ["llama"],
        "parameter_size": "3.2B",
        "quantization_level": "Q4_K_M",
    })
}

impl Listing for Ollama {
    const OPENING: &'static str = r#"{"models":["#;

    fn models(state: &State) -> Vec<String> {
        state.machine.lock().pulled.iter().cloned().collect()
    }

    fn model(name: &str) -> Value {
        let mut model = fields(name);
        model["modified_at"] = "2026-01-01T00:00:00Z".into();
        model
    }
}

/// The models in the memory.
pub(super) struct Running;

impl Telling for Running {
    type Provider = Ollama;

    fn read(_: &HttpRequest, _: &[u8]) -> Result<Ask, Refusal> {
        Ok(Ask::default())
    }

    fn tell(state: &State, _: &Ask) -> Result<Value, Refusal> {
        let running = |name: &String| {
            let mut model = fields(name);
            model["expires_at"] = "2100-01-01T00:00:00Z".into();
            model["size_vram"] = SIZE.into();
            model["context_length"] = 4096.into();
            model
        };
        let models: Vec<_> = state.machine.lock().loaded.iter().map(running).collect();
        Ok(json!({ "models": models }))
    }
}

/// What one model can do.
pub(super) struct Show;

impl Telling for Show {
    type Provider = Ollama;

    fn read(_: &HttpRequest, body: &[u8]) -> Result<Ask, Refusal> {
        request::read(body)
    }

    fn tell(state: &State, ask: &Ask) -> Result<Value, Refusal> {
        if !state.machine.lock().has(&ask.model) {
            return Err(Refusal::UnknownModel);
        }
        Ok(json!({
            "modelfile": format!("FROM {}", ask.model),
            "parameters": "stop \"<|eot_id|>\"",
            "template": "{{ .Prompt }}",
            "license": "",
            "details": details(),
            "model_info": {
                "general.architecture": "llama",
                "general.parameter_count": 3_212_749_888_u64,
                "llama.context_length": CONTEXT_LENGTH,
            },
            "capabilities": ["completion", "tools", "vision", "thinking"],
            "modified_at": "2026-01-01T00:00:00Z",
        }))
    }
}

pub(super) struct Version;

impl Telling for Version {
    type Provider = Ollama;

    fn read(_: &HttpRequest, _: &[u8]) -> Result<Ask, Refusal> {
        Ok(Ask::default())
    }

    fn tell(_: &State, _: &Ask) -> Result<Value, Refusal> {
        Ok(json!({ "version": "0.13.0" }))
    }
}
