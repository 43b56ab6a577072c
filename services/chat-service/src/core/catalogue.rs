//! The catalogue: which models there are, and what is known of each.

use std::sync::Arc;

use anyhow::Context;
use common::domain::usage::Tokens;
use serde::Deserialize;

/// A model that can be asked.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What the API calls it: lower-case letters, digits and `.:_-`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Who provides it.
    pub provider: String,
    /// What the provider calls it.
    pub upstream: String,
    /// How many tokens it can read and write in all.
    pub context_length: u32,
    /// How many tokens it can write.
    pub max_output_tokens: u32,
    /// What it can do besides text.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    /// Which temperatures it takes.
    #[serde(default)]
    pub temperature: TemperatureRange,
    /// What it costs; `None`: unknown.
    pub price: Option<Price>,
    /// What it refuses to be told, so that it is not.
    #[serde(default)]
    pub drop: Vec<Parameter>,
    /// Which models are asked in its place, in this order, if it fails before it has said anything.
    #[serde(default)]
    pub fallbacks: Vec<String>,
}

/// What a model can do besides text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    /// It sees images.
    Vision,
    /// It calls tools.
    Tools,
    /// It thinks before it answers, and shows that.
    Reasoning,
}

/// What a model can be told besides what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// How freely to answer.
    Temperature,
    /// Before which texts to end.
    Stop,
}

/// Which temperatures a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "they say it themselves")]
pub struct TemperatureRange {
    pub min: f64,
    pub max: f64,
    pub step: f64,
    pub default: f64,
}

/// US dollars per 1,000 tokens.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// For what the model reads.
    pub input: f64,
    /// For what it reads from its provider's cache; as `input` if absent.
    pub cached_input: Option<f64>,
    /// For what it reads and its provider keeps in its cache; as `input` if absent.
    pub cache_write: Option<f64>,
    /// For what it writes, thoughts included.
    pub output: f64,
}

/// A model as it is shown to a person.
pub struct Offer {
    /// What the catalogue says of it.
    pub model: Arc<Model>,
    /// What the key is called that asking it takes; `None` where it takes none.
    pub key_name: Option<&'static str>,
    /// Whether it must be loaded before it can answer.
    pub requires_loading: bool,
    /// Whether the person can ask it now.
    pub is_available: bool,
}

/// All models: those of the file in their order, then those that were discovered.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue(Vec<Arc<Model>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    models: Vec<Model>,
}

impl Catalogue {
    /// The built-in catalogue, or the one in the file named.
    ///
    /// # Errors
    /// The file cannot be read, or says something that cannot be.
    pub fn load(file: &str) -> anyhow::Result<Self> {
        if file.is_empty() {
            return Self::parse(include_str!("../../config/models.toml"));
        }
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("setting models.file: {file}"))?;
        Self::parse(&text).with_context(|| format!("setting models.file: {file}"))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let models = toml::from_str::<File>(text)?.models;
        for (number, model) in models.iter().enumerate() {
            anyhow::ensure!(
                is_slug(&model.id),
                "`{}` is no model id: use a-z, 0-9 and .:_-",
                model.id
            );
            let is_twice = models[..number].iter().any(|other| other.id == model.id);
            anyhow::ensure!(!is_twice, "`{}` stands twice", model.id);
            anyhow::ensure!(model.context_length > 0, "`{}` has no context", model.id);
            anyhow::ensure!(model.price.is_none_or(is_price), "`{}` has no such price", model.id);
            let unknown = model.fallbacks.iter().find(|id| !models.iter().any(|m| m.id == **id));
            if let Some(unknown) = unknown {
                anyhow::bail!("`{}` falls back to `{unknown}`, which is not there", model.id);
            }
        }
        Ok(Self(models.into_iter().map(Arc::new).collect()))
    }

    /// With models that were discovered. What it has already wins, be it by its id or by what its provider calls it.
    #[must_use]
    pub fn with(&self, discovered: impl IntoIterator<Item = Model>) -> Self {
        let mut models = self.0.clone();
        for model in discovered {
            let is_same = |other: &Arc<Model>| {
                other.id == model.id
                    || (other.provider == model.provider
                        && slug(&other.upstream) == slug(&model.upstream))
            };
            if !models.iter().any(is_same) && is_slug(&model.id) {
                models.push(Arc::new(model));
            }
        }
        Self(models)
    }

    /// The models.
    pub fn models(&self) -> &[Arc<Model>] {
        &self.0
    }

    /// The model of an id.
    pub fn find(&self, id: &str) -> Option<&Arc<Model>> {
        self.0.iter().find(|model| model.id == id)
    }
}

impl Model {
    /// Whether it can do something.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// Whether it may be told something.
    pub fn takes(&self, parameter: Parameter) -> bool {
        !self.drop.contains(&parameter)
    }
}

impl Default for TemperatureRange {
    fn default() -> Self {
        Self { min: 0.0, max: 2.0, step: 0.1, default: 0.7 }
    }
}

impl Price {
    /// What so many tokens cost, in millionths of a dollar, rounded up: nothing that was used is free.
    pub fn cost_micro_usd(self, tokens: Tokens) -> i64 {
        let Price { input, cached_input, cache_write, output } = self;
        let classes = [
            (tokens.input, input),
            (tokens.cache_read, cached_input.unwrap_or(input)),
            (tokens.cache_write, cache_write.unwrap_or(input)),
            (tokens.output, output),
            (tokens.reasoning, output),
        ];
        let pico: u128 =
            classes.iter().map(|(count, price)| u128::from(*count) * pico_usd(*price)).sum();
        i64::try_from(pico.div_ceil(1_000_000)).unwrap_or(i64::MAX)
    }
}

/// A price per 1,000 tokens as one per token, in millionths of a millionth of a dollar: whole for every price that is
/// published.
fn pico_usd(per_thousand: f64) -> u128 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a price is checked to be neither negative nor astronomical"
    )]
    let pico = (per_thousand * 1e9).round() as u128;
    pico
}

/// From nothing to a million dollars.
fn is_price(price: Price) -> bool {
    let cached = [price.cached_input, price.cache_write].into_iter().flatten();
    [price.input, price.output].into_iter().chain(cached).all(|price| (0.0..=1e6).contains(&price))
}

/// The id of a model that its provider calls so: in lower case, without `:latest`, and with `-` for what an id may not have.
pub fn slug(upstream: &str) -> String {
    let name = upstream.to_lowercase();
    let name = name.strip_suffix(":latest").unwrap_or(&name);
    name.chars().map(|letter| if is_of_a_slug(letter) { letter } else { '-' }).collect()
}

fn is_slug(id: &str) -> bool {
    !id.is_empty() && id.len() <= 100 && id.chars().all(is_of_a_slug)
}

fn is_of_a_slug(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || ".:_-".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_is_well_formed() {
        assert!(Catalogue::load("").unwrap().find("gpt-4o-mini").is_some());
    }

    #[test]
    fn a_catalogue_that_cannot_be_is_refused() {
        let model = |id: &str| {
            format!(
                "[[models]]\nid = \"{id}\"\nname = \"x\"\nprovider = \"openai\"\nupstream = \"x\"\ncontext_length = 1\nmax_output_tokens = 1\n"
            )
        };
        assert!(Catalogue::parse(&model("a.b:c_d-1")).is_ok());
        for broken in [
            model("a/b"),
            model("A"),
            model("../x"),
            model("a") + &model("a"),
            model("a") + "typo = 1",
            model("a") + "fallbacks = [\"b\"]",
            model("a") + "price = { input = -1.0, output = 0.0 }",
        ] {
            assert!(Catalogue::parse(&broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn what_is_discovered_gives_way() {
        let known = Catalogue::load("").unwrap();
        let discovered = |upstream: &str| Model {
            id: slug(upstream),
            upstream: upstream.to_owned(),
            provider: "ollama".to_owned(),
            ..known.models()[0].as_ref().clone()
        };
        let names = [
            "llama3:latest",
            "gemma:2b",
            "gpt-4o",
            "HF.co/Bärtig:Q4_K",
            "hf.co/b-rtig:q4_k",
            "qwen3",
        ];
        let all = known.with(names.map(discovered));
        let new: Vec<_> =
            all.models()[known.models().len()..].iter().map(|m| m.id.as_str()).collect();
        assert_eq!(new, ["hf.co-b-rtig:q4_k", "qwen3"]);
        assert_eq!(all.find("gpt-4o"), known.find("gpt-4o"));
        let too_long = discovered(&"x".repeat(101));
        assert_eq!(known.with([too_long]), known);
    }

    #[test]
    fn a_cost_is_exact_to_the_micro_dollar() {
        let price = Price {
            input: 0.00015,
            cached_input: Some(0.000075),
            cache_write: None,
            output: 0.0006,
        };
        let cost = |tokens: Tokens| price.cost_micro_usd(tokens);
        assert_eq!(cost(Tokens { input: 1_000, ..Tokens::default() }), 150);
        assert_eq!(cost(Tokens { input: 1_000, output: 1_000, ..Tokens::default() }), 750);
        assert_eq!(cost(Tokens { input: 1, ..Tokens::default() }), 1);
        assert_eq!(cost(Tokens { cache_read: 1_000, reasoning: 1_000, ..Tokens::default() }), 675);
        assert_eq!(cost(Tokens { cache_write: 1_000, ..Tokens::default() }), 150);
        assert_eq!(cost(Tokens::default()), 0);
    }
}
