//! chat-service's own sections. What each key means stands in `config/default.toml`.

use std::collections::HashMap;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::time::Duration;

use chrono::TimeDelta;
use platform::breaker::BreakerSettings;
use platform::settings::{Settings, SettingsError};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::Model;

/// A reply whose maker has gone is noticed within 30 seconds: a lease, and the reaper's round.
const LONGEST_LEASE: Duration = Duration::from_secs(20);

/// All of them.
#[derive(Debug, Clone)]
pub struct ChatSettings {
    pub models: ModelSettings,
    pub providers: ProviderSettings,
    pub ollama: OllamaSettings,
    pub generation: GenerationSettings,
    pub context: ContextSettings,
    pub titles: TitleSettings,
    pub budget: BudgetSettings,
    pub breaker: BreakerSettings,
    pub audit: AuditSettings,
}

/// `[models]`
#[derive(Debug, Clone, Deserialize)]
pub struct ModelSettings {
    pub file: String,
    pub default: String,
    pub demo: DemoModel,
    discover_seconds: u64,
}

/// Whether the demonstration model is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DemoModel {
    /// Where nothing else is configured.
    Auto,
    On,
    Off,
}

/// `[providers]`
#[derive(Debug, Clone, Deserialize)]
pub struct ProviderSettings {
    connect_seconds: NonZeroU64,
    idle_seconds: NonZeroU64,
    key_check_milliseconds: NonZeroU64,
    #[serde(flatten)]
    vendors: HashMap<String, VendorSettings>,
}

/// `[providers.<name>]`
#[derive(Debug, Clone, Deserialize)]
pub struct VendorSettings {
    api_key: SecretString,
    /// Where it listens; empty: nowhere.
    pub base_url: String,
}

/// `[ollama]`
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct OllamaSettings {
    /// Whether models may be fetched.
    pub pull: bool,
}

/// `[generation]`
#[derive(Debug, Clone, Deserialize)]
pub struct GenerationSettings {
    first_token_seconds: NonZeroU64,
    loading_seconds: NonZeroU64,
    retry_milliseconds: u64,
    total_seconds: NonZeroU64,
    checkpoint_milliseconds: NonZeroU64,
    pub lease_seconds: u32,
    pub streams_per_user: NonZeroU32,
    pub beginning: NonZeroUsize,
}

/// `[context]`
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct ContextSettings {
    reply_reserve: u32,
    summarize_at: f64,
}

/// `[titles]`
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct TitleSettings {
    /// Whether models name conversations unasked.
    pub automatic: bool,
}

/// `[budget]`
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct BudgetSettings {
    daily_micro_usd_per_user: u64,
}

/// `[audit]`
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct AuditSettings {
    days: u32,
}

impl ChatSettings {
    /// Reads and checks them.
    ///
    /// # Errors
    /// A value is not what its key takes.
    pub fn from(settings: &Settings) -> Result<Self, SettingsError> {
        let read = Self {
            models: settings.section("models")?,
            providers: settings.section("providers")?,
            ollama: settings.section("ollama")?,
            generation: settings.section("generation")?,
            context: settings.section("context")?,
            titles: settings.section("titles")?,
            budget: settings.section("budget")?,
            breaker: settings.section("breaker")?,
            audit: settings.section("audit")?,
        };
        for (name, vendor) in &read.providers.vendors {
            vendor.check(name)?;
        }
        if read.generation.lease() > LONGEST_LEASE {
            return Err(SettingsError::malformed("generation.lease_seconds", "at most 20"));
        }
        if read.generation.checkpoint() * 2 >= read.generation.lease() {
            let expected = "more than twice generation.checkpoint_milliseconds";
            return Err(SettingsError::malformed("generation.lease_seconds", expected));
        }
        if !(0.0..=1.0).contains(&read.context.summarize_at) {
            return Err(SettingsError::malformed("context.summarize_at", "0 to 1"));
        }
        if !(1..=3_650).contains(&read.audit.days) {
            return Err(SettingsError::malformed("audit.days", "1 to 3650"));
        }
        Ok(read)
    }
}

impl ModelSettings {
    /// How often providers are asked what they have that the catalogue does not know; `None`: never.
    pub fn discover(&self) -> Option<Duration> {
        (self.discover_seconds > 0).then(|| Duration::from_secs(self.discover_seconds))
    }
}

impl VendorSettings {
    /// The operator's key, if there is one.
    pub fn api_key(&self) -> Option<&SecretString> {
        Some(&self.api_key).filter(|key| !key.expose_secret().is_empty())
    }

    fn check(&self, name: &str) -> Result<(), SettingsError> {
        let is_http = reqwest::Url::parse(&self.base_url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !is_http && !self.base_url.is_empty() {
            let key = format!("providers.{name}.base_url");
            return Err(SettingsError::malformed(&key, "an http:// or https:// address"));
        }
        if !self.api_key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
            let expected = "a key without white space or line breaks";
            return Err(SettingsError::malformed(&format!("providers.{name}.api_key"), expected));
        }
        Ok(())
    }
}

impl ProviderSettings {
    /// Those of one provider.
    pub fn vendor(&self, name: &str) -> Option<&VendorSettings> {
        self.vendors.get(name)
    }

    /// How long a connection may take.
    pub fn connect(&self) -> Duration {
        Duration::from_secs(self.connect_seconds.get())
    }

    /// How long a provider may be silent in the middle of a reply.
    pub fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_seconds.get())
    }

    /// How long a provider may take to say whether it takes a person's key.
    pub fn key_check(&self) -> Duration {
        Duration::from_millis(self.key_check_milliseconds.get())
    }
}

impl GenerationSettings {
    /// How long the first token may take.
    pub fn first_token(&self) -> Duration {
        Duration::from_secs(self.first_token_seconds.get())
    }

    /// How long the first token of a model that must be loaded first may take.
    pub fn loading(&self) -> Duration {
        Duration::from_secs(self.loading_seconds.get())
    }

    /// The longest pause before a first retry.
    pub fn retry(&self) -> Duration {
        Duration::from_millis(self.retry_milliseconds)
    }

    /// How long a reply may take in all.
    pub fn total(&self) -> Duration {
        Duration::from_secs(self.total_seconds.get())
    }

    /// How often what has come is stored.
    pub fn checkpoint(&self) -> Duration {
        Duration::from_millis(self.checkpoint_milliseconds.get())
    }

    /// How long a reply stays its maker's without a sign of life.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds.into())
    }
}

impl ContextSettings {
    /// How many tokens a model can be sent, so that there is room for its reply.
    pub fn room(&self, model: &Model) -> u32 {
        let window = model.context_length;
        window - self.reply_reserve.min(model.max_output_tokens).min(window / 2)
    }

    /// From how many tokens of them on the older ones are summarised; `None`: never.
    pub fn summarize_from(&self, model: &Model) -> Option<u32> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is a share of a number that fits"
        )]
        let from = (f64::from(self.room(model)) * self.summarize_at) as u32;
        (self.summarize_at > 0.0).then_some(from)
    }
}

impl BudgetSettings {
    /// What a person's replies may cost in a day, in millionths of a US dollar; `None`: no limit.
    pub fn daily(&self) -> Option<i64> {
        let daily = i64::try_from(self.daily_micro_usd_per_user).unwrap_or(i64::MAX);
        (daily > 0).then_some(daily)
    }
}

impl AuditSettings {
    /// How long it is kept what happened to keys.
    pub fn keep(&self) -> TimeDelta {
        TimeDelta::days(self.days.into())
    }
}
