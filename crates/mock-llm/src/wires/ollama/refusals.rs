//! The errors Ollama answers with, which are a text and nothing more.

use serde_json::json;

use crate::Refusal;
use crate::refusal::{Refused, seconds};

pub(super) fn refused(why: &Refusal, model: &str) -> Refused {
    match why {
        Refusal::NoKey | Refusal::BadKey => error(401, "unauthorized"),
        Refusal::QuotaExhausted => error(
            429,
            "you have reached your weekly usage limit, upgrade for higher limits: https://ollama.com/upgrade",
        ),
        Refusal::RateLimited { retry_after } => {
            error(429, "too many requests").header("retry-after", &seconds(*retry_after))
        }
        Refusal::ContextTooLong => error(400, "the input length exceeds the context length"),
        Refusal::BadRequest(message) => error(400, message),
        Refusal::Coded { message, .. } => error(500, message),
        Refusal::Filtered => error(400, "the prompt was refused"),
        Refusal::UnknownModel => error(404, &format!("model '{model}' not found")),
        Refusal::Overloaded => {
            error(503, "server busy, please try again.  maximum pending requests exceeded")
        }
        Refusal::Failed(status) => {
            error(*status, "llama runner process has terminated: exit status 2")
        }
    }
}

fn error(status: u16, message: &str) -> Refused {
    Refused::new(status, json!({ "error": message }))
}
