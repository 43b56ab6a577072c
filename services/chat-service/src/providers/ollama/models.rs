//! The models of a machine: which there are, what they can do, and which are in its memory.

use std::time::Duration;

use common::domain::load_job::LoadState;
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::super::wire;
use super::super::{DiscoveredModel, ModelState, ProviderError, ProviderErrorKind};
use super::Ollama;
use super::errors::refusal;

/// How many models are asked about at once.
const AT_ONCE: usize = 4;
/// How long all of them may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// How many there may be.
const MOST: usize = 500;
/// What is supposed where a model does not say: Ollama's own.
const CONTEXT_LENGTH: u32 = 4096;
/// What a model that was made for more is opened with, unless its file asks for more: a machine must have memory for all of
/// it, and a person's seldom has it for what models are made for.
const LONGEST_CONTEXT: u32 = 16_384;

/// What `/api/tags` and `/api/ps` list.
#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    name: String,
    /// Of its file, or in the memory.
    #[serde(default)]
    size: Option<u64>,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    model_info: Map<String, Value>,
    /// Lines such as `num_ctx 8192`, as the model's file has them.
    #[serde(default)]
    parameters: String,
}

impl Ollama {
    /// How ready a model is.
    pub(super) async fn state_of(&self, model: &str) -> ModelState {
        let state = match self.listed("/api/ps", model).await {
            Ok(Some(running)) => {
                return ModelState { state: LoadState::Loaded, memory_bytes: running.size };
            }
            Ok(None) => self.listed("/api/tags", model).await,
            Err(error) => Err(error),
        };
        ModelState::of(match state {
            Ok(Some(_)) => LoadState::NotLoaded,
            Ok(None) => LoadState::Absent,
            Err(_) => LoadState::Unavailable,
        })
    }

    /// Whether a model is on the machine.
    pub(super) async fn has(&self, model: &str) -> Result<bool, ProviderError> {
        Ok(self.listed("/api/tags", model).await?.is_some())
    }

    /// All that can chat, and what they can do.
    pub(super) async fn all_models(&self) -> Result<Vec<DiscoveredModel>, ProviderError> {
        let all = async {
            let listed: Listed = wire::ask(self.get("/api/tags"), refusal).await?;
            let names = listed.models.into_iter().take(MOST).map(|model| model.name);
            let shown = stream::iter(names).map(|name| self.shown(name)).buffered(AT_ONCE);
            Ok(shown.filter_map(|model| async { model }).collect().await)
        };
        let late = |_| ProviderError::new(ProviderErrorKind::TimedOut);
        timeout(DEADLINE, all).await.map_err(late)?
    }

    async fn listed(&self, path: &str, model: &str) -> Result<Option<Model>, ProviderError> {
        let listed: Listed = wire::ask(self.get(path), refusal).await?;
        Ok(listed.models.into_iter().find(|other| full_name(&other.name) == full_name(model)))
    }

    /// What a model can do; `None` if it does not chat, or has gone meanwhile.
    async fn shown(&self, name: String) -> Option<DiscoveredModel> {
        let asked = self.post("/api/show").json(&json!({"model": name}));
        match wire::ask::<Shown>(asked, refusal).await {
            Ok(shown) => shown.model(name),
            Err(error) => {
                tracing::warn!(%error, "a model of Ollama's is left out");
                None
            }
        }
    }
}

impl Shown {
    fn model(&self, upstream: String) -> Option<DiscoveredModel> {
        let can = |what: &str| self.capabilities.iter().any(|capability| capability == what);
        // Older servers do not say.
        if !can("completion") && !self.capabilities.is_empty() {
            return None;
        }
        Some(DiscoveredModel {
            upstream,
            context_length: self.context_length(),
            vision: can("vision"),
            tools: can("tools"),
            reasoning: can("thinking"),
        })
    }

    /// What the model's file asks for, else what the model was made for.
    fn context_length(&self) -> u32 {
        let asked = self.parameters.lines().find_map(|line| line.strip_prefix("num_ctx"));
        let asked = asked.and_then(|number| number.trim().parse().ok());
        let made_for = || {
            let found = self.model_info.iter().find(|(key, _)| key.ends_with(".context_length"));
            u32::try_from(found?.1.as_u64()?).ok().map(|length| length.min(LONGEST_CONTEXT))
        };
        asked.or_else(made_for).filter(|length| *length > 0).unwrap_or(CONTEXT_LENGTH)
    }
}

/// A name without a tag means the tag `latest`.
fn full_name(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains(':') { name.to_owned() } else { format!("{name}:latest") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_says_what_it_can_do() {
        let model =
            |shown: Value| serde_json::from_value::<Shown>(shown).unwrap().model("m".to_owned());
        let info = json!({"general.architecture": "llama", "llama.context_length": 131_072});
        let llama = json!({"capabilities": ["completion", "tools"], "model_info": info});
        let llama = model(llama).unwrap();
        assert_eq!((llama.context_length, llama.tools, llama.vision), (16_384, true, false));
        let asked = json!({"parameters": "stop \"x\"\nnum_ctx      32768", "model_info": info});
        assert_eq!(model(asked).unwrap().context_length, 32_768);
        assert_eq!(model(json!({})).unwrap().context_length, CONTEXT_LENGTH);
        assert_eq!(model(json!({"capabilities": ["embedding"]})), None);
    }

    #[test]
    fn a_name_without_a_tag_is_the_latest() {
        assert_eq!(full_name("llama3"), full_name("llama3:latest"));
        assert_eq!(full_name("host:5000/a/b"), "host:5000/a/b:latest");
        assert_ne!(full_name("llama3:8b"), full_name("llama3"));
    }
}
