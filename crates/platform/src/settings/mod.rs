//! Settings: embedded defaults < the file given by `--config` < the environment.
//!
//! The defaults name every key there is, so a key that no default has is a mistake and stops the start. What is wrong
//! is said by the setting's name and what was expected of it, never by its value, which may be a secret.

mod environment;
mod ring;
mod sections;

use std::path::{Path, PathBuf};

use config::{Config, ConfigError, File, FileFormat, Map, Value, ValueKind};
use serde::de::DeserializeOwned;

pub use environment::{LIMITED, SECTIONS, name_of};
pub use ring::key_ring;
pub use sections::{
    DatabaseSettings, LogFormat, SameSiteSetting, ServerSettings, SiblingSettings,
    TelemetrySettings,
};

/// The settings that `platform` itself knows.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Why the settings cannot be used. Says which one, and never shows a value.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The key is none of ours.
    #[error("setting {0}: there is no such setting")]
    Unknown(String),
    /// The value is not what the key takes.
    #[error("setting {key}: expected {expected}")]
    Malformed {
        /// The key, with the environment's name for it.
        key: String,
        /// What it takes.
        expected: String,
    },
    /// The key must have a value and has none.
    #[error("setting {key}: not set; {hint}")]
    Missing {
        /// The key, with the environment's name for it.
        key: String,
        /// How to make a value.
        hint: String,
    },
    /// The file cannot be read.
    #[error("settings file {path}: {reason}")]
    File {
        /// As given.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl SettingsError {
    /// A value that is not what `key` takes.
    pub fn malformed(key: &str, expected: impl Into<String>) -> Self {
        Self::Malformed { key: name_of(key), expected: expected.into() }
    }
}

/// Where settings come from.
#[derive(Debug, Default)]
pub struct Sources {
    defaults: Vec<&'static str>,
    file: Option<PathBuf>,
    environment: Vec<(String, String)>,
}

/// All settings of a process, by section.
#[derive(Debug)]
pub struct Settings(Config);

impl Sources {
    /// `platform`'s own defaults, then each of `defaults` (TOML) over those before it.
    pub fn new(defaults: &[&'static str]) -> Self {
        let defaults = std::iter::once(DEFAULTS).chain(defaults.iter().copied()).collect();
        Self { defaults, ..Self::default() }
    }

    /// With the file given by `--config`.
    #[must_use]
    pub fn file(mut self, path: Option<&Path>) -> Self {
        self.file = path.map(Path::to_owned);
        self
    }

    /// With variables, as pairs of name and value. Empty values count as not set, names that are not ours are ignored.
    #[must_use]
    pub fn variables<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.environment
            .extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// With the process's own environment.
    #[must_use]
    pub fn process_environment(self) -> Self {
        let unicode = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        self.variables(unicode)
    }

    /// Reads everything.
    ///
    /// # Errors
    /// A key is unknown, or a file cannot be read.
    pub fn load(self) -> Result<Settings, SettingsError> {
        let mut defaults = Config::builder();
        for text in self.defaults {
            defaults = defaults.add_source(File::from_str(text, FileFormat::Toml));
        }
        let defaults =
            defaults.build().map_err(|error| broken(Path::new("default.toml"), &error))?;
        let mut layers = Config::builder().add_source(defaults.clone());

        if let Some(path) = &self.file {
            let file = File::from(path.as_path()).format(FileFormat::Toml);
            let read =
                Config::builder().add_source(file).build().map_err(|error| broken(path, &error))?;
            let table = read.cache.clone().into_table().unwrap_or_default();
            known_keys(&defaults, "", &table)?;
            layers = layers.add_source(read);
        }
        for (name, value) in self.environment {
            let Some(key) = environment::key_of(&name, &defaults)? else {
                continue;
            };
            if !value.is_empty() {
                layers = layers
                    .set_override(key, value)
                    .map_err(|_| SettingsError::Unknown(name.clone()))?;
            }
        }
        layers.build().map(Settings).map_err(|error| broken(Path::new("settings"), &error))
    }
}

impl Settings {
    /// One section, as the type that describes it.
    ///
    /// # Errors
    /// A value is not what its key takes.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T, SettingsError> {
        let section: Config = self.0.get::<Map<String, Value>>(name).map_or_else(
            |_| Config::default(),
            |table| {
                let mut config = Config::default();
                config.cache = Value::new(None, ValueKind::Table(table));
                config
            },
        );
        serde_path_to_error::deserialize(section).map_err(|error| {
            let key = format!("{name}.{}", error.path());
            SettingsError::malformed(&key, expectation(error.inner()))
        })
    }
}

/// What was expected of a value, without the value.
fn expectation(error: &ConfigError) -> String {
    match error {
        ConfigError::Type { expected, .. } => (*expected).to_owned(),
        ConfigError::At { error, .. } => expectation(error),
        other => {
            let text = other.to_string();
            text.rsplit_once("expected ").map_or_else(
                || "one of the values that the default settings list".to_owned(),
                |(_, expected)| expected.split(" for key ").next().unwrap_or(expected).to_owned(),
            )
        }
    }
}

fn known_keys(
    defaults: &Config,
    prefix: &str,
    table: &Map<String, Value>,
) -> Result<(), SettingsError> {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        if environment::is_a_siblings(&key, defaults) {
            continue;
        }
        match (&value.kind, defaults.get_table(&key)) {
            (ValueKind::Table(inner), Ok(_)) => known_keys(defaults, &key, inner)?,
            (_, Err(_)) if defaults.get::<Value>(&key).is_ok() => {}
            _ => return Err(SettingsError::Unknown(key)),
        }
    }
    Ok(())
}

/// A file that is not TOML or not there. The library's text may quote the file, so only its kind is told.
fn broken(path: &Path, error: &ConfigError) -> SettingsError {
    let reason = match error {
        ConfigError::FileParse { .. } => "is not well-formed TOML",
        _ => "cannot be read",
    };
    SettingsError::File { path: path.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Sources::new(&[]).variables(variables.iter().copied()).load()
    }

    #[test]
    fn the_environment_goes_over_the_defaults() {
        let settings =
            load(&[("PORT", "9999"), ("OMNICHAT__SERVER__HOST", "127.0.0.1"), ("HOST", "")])
                .unwrap();
        let server: ServerSettings = settings.section("server").unwrap();
        assert_eq!((server.host.as_str(), server.port), ("127.0.0.1", 9999));
    }

    #[test]
    fn a_provider_has_names_of_its_own() {
        let defaults = "[providers.groq]\napi_key = \"\"\nbase_url = \"\"\n";
        let load = |variables: &[(&str, &str)]| {
            Sources::new(&[defaults]).variables(variables.iter().copied()).load()
        };
        let known = [("GROQ_API_KEY", "k"), ("GROQ_BASE_URL", "u"), ("NOBODYS_API_KEY", "x")];
        let groq = load(&known).unwrap().0.get_table("providers.groq").unwrap();
        assert_eq!(
            (groq["api_key"].to_string(), groq["base_url"].to_string()),
            ("k".to_owned(), "u".to_owned())
        );
        assert_eq!(name_of("providers.groq.api_key"), "providers.groq.api_key (GROQ_API_KEY)");
        assert!(load(&[("OMNICHAT__PROVIDERS__GROG__API_KEY", "k")]).is_err());
        assert!(load(&[("OMNICHAT__PROVIDERS__GROQ__API_KEY", "k")]).is_ok());
    }

    #[test]
    fn a_malformed_value_is_named_and_not_shown() {
        let error =
            load(&[("PORT", "s3cret")]).unwrap().section::<ServerSettings>("server").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("server.port (PORT)") && text.contains("expected an"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }

    #[test]
    fn a_variant_that_does_not_exist_is_named_and_not_shown() {
        let settings = load(&[("OMNICHAT__TELEMETRY__FORMAT", "s3cret")]).unwrap();
        let text = settings.section::<TelemetrySettings>("telemetry").unwrap_err().to_string();
        assert!(text.contains("telemetry.format"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }

    #[test]
    fn an_unknown_key_is_refused_but_a_siblings_section_is_not() {
        let text = load(&[("OMNICHAT__SERVER__PROT", "1")]).unwrap_err().to_string();
        assert!(text.contains("OMNICHAT__SERVER__PROT"), "{text}");
        assert!(load(&[("OMNICHAT__NOWHERE__X", "1")]).is_err());
        assert!(load(&[("OMNICHAT__GENERATION__WHATEVER", "1")]).is_ok());
    }

    #[test]
    fn a_key_of_a_shared_section_may_be_a_siblings() {
        assert!(load(&[("OMNICHAT__RATE_LIMITS__LOG_IN", "whatever")]).is_ok());
        let text = load(&[("OMNICHAT__RATE_LIMITS__LOGIN", "1")]).unwrap_err().to_string();
        assert!(text.contains("OMNICHAT__RATE_LIMITS__LOGIN"), "{text}");
        assert!(load(&[("OMNICHAT__RATE_LIMITS__A__B", "1")]).is_err());
        assert!(load(&[("OMNICHAT__RATE_LIMITS", "1")]).is_err());

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("omnichat.toml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Sources::new(&[]).file(Some(&path)).load()
        };
        assert!(read("[rate_limits]\nlog_in = 1\n").is_ok());
        assert!(read("[rate_limits]\nlogin = 1\n").is_err());
        assert!(read("rate_limits = 1\n").is_err());
    }

    #[test]
    fn a_file_goes_between_and_is_checked_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("omnichat.toml");
        std::fs::write(&path, "[server]\nport = 1\nhost = \"h\"\n").unwrap();
        let sources = || Sources::new(&[]).file(Some(&path)).variables([("PORT", "2")]);
        let server: ServerSettings = sources().load().unwrap().section("server").unwrap();
        assert_eq!((server.host.as_str(), server.port), ("h", 2));

        std::fs::write(&path, "[server]\nprot = 1\n").unwrap();
        assert_eq!(
            sources().load().unwrap_err().to_string(),
            "setting server.prot: there is no such setting"
        );
        std::fs::write(&path, "s3cret").unwrap();
        assert!(!sources().load().unwrap_err().to_string().contains("s3cret"));
    }
}
