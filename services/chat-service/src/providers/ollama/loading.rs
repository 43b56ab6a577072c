//! Making a model ready: it is fetched if it is not there, and then brought into the memory.

use std::collections::BTreeMap;

use futures_util::stream::TryStreamExt;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::wire::{self, FrameStream, Framing};
use super::super::{LoadProgress, LoadRequest, ProviderError, ProviderErrorKind};
use super::Ollama;
use super::errors::{self, refusal};

/// How much of the way a model is that has been fetched.
const FETCHED: f64 = 0.9;
/// As many layers as a model may have.
const MOST_LAYERS: usize = 1000;

/// A model on its way.
pub(super) struct Loading {
    ollama: Ollama,
    request: LoadRequest,
    step: Step,
}

enum Step {
    Look,
    Fetch(FrameStream, Layers),
    WarmUp,
    Over,
}

/// A line of `/api/pull`.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    status: String,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    total: Option<u64>,
    #[serde(default)]
    completed: Option<u64>,
    #[serde(default)]
    error: Option<Value>,
}

impl Loading {
    pub(super) fn new(ollama: Ollama, request: LoadRequest) -> Self {
        Self { ollama, request, step: Step::Look }
    }

    /// The next piece of progress.
    pub(super) async fn next(mut self) -> Result<Option<(LoadProgress, Self)>, ProviderError> {
        let (progress, step) = match self.step {
            Step::Look => Self::look(&self.ollama, &self.request).await?,
            Step::Fetch(lines, layers) => Self::fetch(lines, layers).await?,
            Step::WarmUp => Self::warm_up(&self.ollama, &self.request).await?,
            Step::Over => return Ok(None),
        };
        self.step = step;
        Ok(Some((progress, self)))
    }

    async fn look(
        ollama: &Ollama,
        request: &LoadRequest,
    ) -> Result<(LoadProgress, Step), ProviderError> {
        if ollama.has(&request.model).await? {
            return Ok(fetched());
        }
        if !request.may_fetch {
            return Err(ProviderError::new(ProviderErrorKind::NotLoaded));
        }
        let body = json!({"model": request.model, "stream": true});
        let response = wire::send(ollama.post("/api/pull").json(&body), refusal).await?;
        let lines = wire::frames(response, Framing::Lines)?;
        Ok((progress("Looking for the model", 0.0), Step::Fetch(lines, Layers::default())))
    }

    async fn fetch(
        mut lines: FrameStream,
        mut layers: Layers,
    ) -> Result<(LoadProgress, Step), ProviderError> {
        let Some(line) = lines.try_next().await? else {
            return Err(ProviderError::new(ProviderErrorKind::Truncated));
        };
        let line: Line = wire::parse(&line.data)?;
        if let Some(error) = line.error {
            return Err(errors::in_stream(&error));
        }
        if line.status == "success" {
            return Ok(fetched());
        }
        let detail = layers.with(line);
        Ok((progress(&detail, layers.fraction * FETCHED), Step::Fetch(lines, layers)))
    }

    /// A request without a prompt only loads; with another context than the chat's it would be loaded once more.
    async fn warm_up(
        ollama: &Ollama,
        request: &LoadRequest,
    ) -> Result<(LoadProgress, Step), ProviderError> {
        let options = json!({"num_ctx": request.context_length});
        let body = json!({"model": request.model, "stream": false, "options": options});
        wire::send(ollama.post("/api/generate").json(&body), refusal).await?;
        Ok((LoadProgress { is_loaded: true, ..progress("Loaded", 1.0) }, Step::Over))
    }
}

/// How much has come of each layer. They come side by side, and not all are known from the start.
#[derive(Default)]
struct Layers {
    layers: BTreeMap<String, (u64, u64)>,
    /// The most that there has been; a layer that becomes known later does not take it back.
    fraction: f64,
}

impl Layers {
    /// With a line more; in words.
    fn with(&mut self, line: Line) -> String {
        let (Some(digest), Some(total)) = (line.digest, line.total) else {
            return words(&line.status).to_owned();
        };
        if self.layers.len() < MOST_LAYERS || self.layers.contains_key(&digest) {
            let layer = self.layers.entry(digest).or_default();
            *layer = (layer.0.max(line.completed.unwrap_or(0)).min(total), total);
        }
        let sum = |(done, all): (u64, u64), layer: &(u64, u64)| {
            (done.saturating_add(layer.0), all.saturating_add(layer.1))
        };
        let (done, all) = self.layers.values().fold((0, 0), sum);
        #[expect(clippy::cast_precision_loss, reason = "it is shown, and not counted on")]
        let (done, all) = (done as f64, all.max(1) as f64);
        self.fraction = self.fraction.max(done / all);
        format!("Fetching: {:.1} of {:.1} MB", done / 1e6, all / 1e6)
    }
}

/// The server's words are not ours to repeat.
fn words(status: &str) -> &'static str {
    match status {
        "verifying sha256 digest" => "Verifying",
        "writing manifest" | "removing any unused layers" => "Storing",
        _ => "Fetching",
    }
}

fn fetched() -> (LoadProgress, Step) {
    (progress("Loading into memory", FETCHED), Step::WarmUp)
}

fn progress(detail: &str, fraction: f64) -> LoadProgress {
    LoadProgress { detail: detail.to_owned(), fraction, is_loaded: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_goes_back() {
        let recorded = include_str!("../../../tests/fixtures/ollama/18-pull-interleaved.ndjson");
        let (mut layers, mut last) = (Layers::default(), 0.0);
        let mut told = Vec::new();
        for line in recorded.lines() {
            told.push(layers.with(serde_json::from_str(line).unwrap()));
            assert!(layers.fraction >= last, "{line}");
            last = layers.fraction;
        }
        assert!((last - 1.0).abs() < f64::EPSILON);
        insta::assert_json_snapshot!(told);
    }
}
