//! The sections that every service has. What each key means stands in `config/default.toml`.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Settings, SettingsError, name_of};
use crate::breaker::BreakerSettings;
use crate::http::TrustedProxies;
use crate::outbox::DELIVERY;

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "documented in default.toml")]
pub struct ServerSettings {
    pub host: String,
    pub port: u16,
    pub public_url: String,
    pub allowed_origins: String,
    pub cookie_same_site: SameSiteSetting,
    pub environment: String,
    pub trusted_proxies: TrustedProxies,
    pub workers: usize,
    pub max_connections: usize,
    pub head_seconds: NonZeroU64,
    pub body_seconds: NonZeroU64,
    pub stalled_seconds: NonZeroU64,
    pub drain_seconds: u64,
}

/// With which requests of another site a browser sends our cookies along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SameSiteSetting {
    /// Only when a person follows a link.
    Lax,
    /// Never.
    Strict,
    /// Always.
    None,
}

impl ServerSettings {
    /// Whether people reach it over TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// How long running work may go on after SIGTERM.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "documented in default.toml")]
pub struct DatabaseSettings {
    pub url: SecretString,
    pub read_url: SecretString,
    pub max_connections: u32,
    pub acquire_seconds: u64,
    pub statement_seconds: u64,
    pub migrate_on_start: bool,
}

impl DatabaseSettings {
    /// Reads and checks the section.
    ///
    /// # Errors
    /// The address is missing or is of no database that we know.
    pub fn from(settings: &Settings) -> Result<Self, SettingsError> {
        let section: Self = settings.section("database")?;
        let url = section.url.expose_secret();
        if url.is_empty() {
            let hint = "give it a postgres:// or sqlite:// address".to_owned();
            return Err(SettingsError::Missing { key: name_of("database.url"), hint });
        }
        if !["postgres://", "postgresql://", "sqlite://"]
            .iter()
            .any(|scheme| url.starts_with(scheme))
        {
            return Err(SettingsError::malformed(
                "database.url",
                "a postgres:// or sqlite:// address",
            ));
        }
        let is_postgres = |url: &SecretString| url.expose_secret().starts_with("postgres");
        let both = [&section.url, &section.read_url];
        if section.replica().is_some() && !both.into_iter().all(is_postgres) {
            return Err(SettingsError::malformed(
                "database.read_url",
                "the postgres:// address of a replica, beside one of its primary",
            ));
        }
        if section.max_connections == 0 {
            return Err(SettingsError::malformed("database.max_connections", "at least 1"));
        }
        Ok(section)
    }

    /// The address of a replica, if there is one.
    pub fn replica(&self) -> Option<&SecretString> {
        Some(&self.read_url).filter(|url| !url.expose_secret().is_empty())
    }
}

/// `[telemetry]`
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "documented in default.toml")]
pub struct TelemetrySettings {
    pub log: String,
    pub format: LogFormat,
    pub service: String,
    pub otlp_endpoint: String,
    pub otlp_headers: SecretString,
    pub trace_ratio: f64,
    pub sentry_dsn: SecretString,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For a person at a terminal.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[siblings]`
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "documented in default.toml")]
pub struct SiblingSettings {
    pub auth_url: String,
    pub project_url: String,
    pub chat_url: String,
    deadline_milliseconds: NonZeroU64,
    deletion_milliseconds: NonZeroU64,
    breaker_failures: NonZeroU32,
    breaker_seconds: NonZeroU64,
}

impl SiblingSettings {
    /// Reads and checks the section.
    ///
    /// # Errors
    /// An address is none, or a time is too long.
    pub fn from(settings: &Settings) -> Result<Self, SettingsError> {
        let section: Self = settings.section("siblings")?;
        for (key, url) in [
            ("siblings.auth_url", &section.auth_url),
            ("siblings.project_url", &section.project_url),
            ("siblings.chat_url", &section.chat_url),
        ] {
            let is_http =
                reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !is_http {
                return Err(SettingsError::malformed(key, "an http:// or https:// address"));
            }
        }
        if section.deletion() > DELIVERY {
            let key = "siblings.deletion_milliseconds";
            return Err(SettingsError::malformed(key, format!("at most {}", DELIVERY.as_millis())));
        }
        Ok(section)
    }

    /// How long a sibling may take to answer, retries included.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_milliseconds.get())
    }

    /// How long a sibling may take to delete all that belonged to something.
    pub fn deletion(&self) -> Duration {
        Duration::from_millis(self.deletion_milliseconds.get())
    }

    /// When a sibling that does not answer is not asked for a while.
    pub fn breaker(&self) -> BreakerSettings {
        BreakerSettings::in_a_row(self.breaker_failures, self.breaker_seconds)
    }
}
