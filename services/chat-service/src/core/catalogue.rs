//! The catalogue: which models there are, and what is known of each.

use anyhow::Context;
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
    /// What it costs; `None`: unknown.
    pub price: Option<Price>,
}

/// US dollars per 1,000 tokens.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// For what the model reads.
    pub input: f64,
    /// For what it writes.
    pub output: f64,
}

/// All models, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue(Vec<Model>);

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
        }
        Ok(Self(models))
    }

    /// The models.
    pub fn models(&self) -> &[Model] {
        &self.0
    }

    /// The model of an id.
    pub fn find(&self, id: &str) -> Option<&Model> {
        self.0.iter().find(|model| model.id == id)
    }
}

impl Price {
    /// What so many tokens cost, in millionths of a dollar, rounded up: nothing that was used is free.
    pub fn cost_micro_usd(self, prompt_tokens: u32, completion_tokens: u32) -> i64 {
        let dollars = (f64::from(prompt_tokens) * self.input
            + f64::from(completion_tokens) * self.output)
            / 1_000.0;
        // The tolerance keeps a product such as 150.00000000000003 from costing one more.
        #[expect(clippy::cast_possible_truncation, reason = "a reply does not cost 10^12 dollars")]
        let micros = (dollars * 1e6 - 1e-6).ceil() as i64;
        micros
    }
}

fn is_slug(id: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".:_-".contains(&b);
    !id.is_empty() && id.len() <= 100 && id.bytes().all(allowed)
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
        ] {
            assert!(Catalogue::parse(&broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_cost_is_exact_to_the_micro_dollar() {
        let price = Price { input: 0.00015, output: 0.0006 };
        assert_eq!(price.cost_micro_usd(1_000, 0), 150);
        assert_eq!(price.cost_micro_usd(1_000, 1_000), 750);
        assert_eq!(price.cost_micro_usd(1, 0), 1);
        assert_eq!(price.cost_micro_usd(0, 0), 0);
    }
}
