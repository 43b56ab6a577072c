//! The service's settings, validated before anything binds. What each key means stands in `config/default.toml`.

use chrono::TimeDelta;
use pbkdf2::Params;
use platform::settings::{Settings, SettingsError};
use serde::Deserialize;

/// All of them.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    pub registration: Registration,
    pub passwords: PasswordSettings,
    pub sessions: SessionSettings,
    /// How long events are kept.
    pub audit: TimeDelta,
}

/// Who may register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    Open,
    Closed,
    /// Whose address is of one of these domains, in lower case.
    Domains(Vec<String>),
}

/// `[passwords]`
#[derive(Debug, Clone, Deserialize)]
pub struct PasswordSettings {
    pub min_length: usize,
    pub max_length: usize,
    pub min_score: u8,
    pub rounds: u32,
    pub threads: u16,
    pub queue: u16,
    pub tries_per_minute: u32,
}

/// `[sessions]`
#[derive(Debug, Clone)]
pub struct SessionSettings {
    pub access: TimeDelta,
    pub idle: TimeDelta,
    pub absolute: TimeDelta,
    pub grace: TimeDelta,
}

#[derive(Deserialize)]
struct RegistrationSection {
    mode: RegistrationMode,
    domains: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RegistrationMode {
    Open,
    Closed,
    Domains,
}

#[derive(Deserialize)]
struct AuditSection {
    days: u32,
}

#[derive(Deserialize)]
struct SessionSection {
    access_seconds: u32,
    refresh_idle_days: u32,
    refresh_absolute_days: u32,
    refresh_grace_seconds: u32,
}

impl AuthSettings {
    /// Reads and checks the sections.
    ///
    /// # Errors
    /// A value is not what its key takes.
    pub fn from(settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            registration: settings.section::<RegistrationSection>("registration")?.checked()?,
            passwords: settings.section::<PasswordSettings>("passwords")?.checked()?,
            sessions: settings.section::<SessionSection>("sessions")?.checked()?,
            audit: settings.section::<AuditSection>("audit")?.checked()?,
        })
    }
}

impl Registration {
    /// Whether the owner of an address may register.
    pub fn admits(&self, email: &str) -> bool {
        match self {
            Self::Open => true,
            Self::Closed => false,
            Self::Domains(domains) => {
                let domain = email.rsplit('@').next().unwrap_or_default().to_lowercase();
                domains.contains(&domain)
            }
        }
    }
}

impl RegistrationSection {
    fn checked(self) -> Result<Registration, SettingsError> {
        let domains = self
            .domains
            .split(',')
            .map(|domain| domain.trim().trim_start_matches('@').to_lowercase());
        let domains: Vec<_> = domains.filter(|domain| !domain.is_empty()).collect();
        match self.mode {
            RegistrationMode::Open => Ok(Registration::Open),
            RegistrationMode::Closed => Ok(Registration::Closed),
            RegistrationMode::Domains if domains.is_empty() => Err(SettingsError::malformed(
                "registration.domains",
                "at least one domain, as the mode is `domains`",
            )),
            RegistrationMode::Domains => Ok(Registration::Domains(domains)),
        }
    }
}

impl PasswordSettings {
    fn checked(self) -> Result<Self, SettingsError> {
        let rules = [
            (
                1 <= self.min_length && self.min_length <= self.max_length,
                "min_length",
                "1 to max_length",
            ),
            (self.max_length <= 256, "max_length", "at most 256"),
            (self.min_score <= 4, "min_score", "0 to 4"),
            (self.rounds >= Params::MIN_ROUNDS, "rounds", "at least 1000"),
            ((1..=1_000).contains(&self.tries_per_minute), "tries_per_minute", "1 to 1000"),
        ];
        all("passwords", &rules).map(|()| self)
    }
}

impl AuditSection {
    fn checked(self) -> Result<TimeDelta, SettingsError> {
        let rules = [((1..=3_650).contains(&self.days), "days", "1 to 3650")];
        all("audit", &rules).map(|()| TimeDelta::days(self.days.into()))
    }
}

impl SessionSection {
    fn checked(self) -> Result<SessionSettings, SettingsError> {
        let (idle, absolute) = (self.refresh_idle_days, self.refresh_absolute_days);
        let rules = [
            ((1..=86_400).contains(&self.access_seconds), "access_seconds", "1 to 86400"),
            ((1..=absolute).contains(&idle), "refresh_idle_days", "1 to refresh_absolute_days"),
            (absolute <= 3_650, "refresh_absolute_days", "at most 3650"),
            (self.refresh_grace_seconds <= 3_600, "refresh_grace_seconds", "at most 3600"),
        ];
        all("sessions", &rules).map(|()| SessionSettings {
            access: TimeDelta::seconds(self.access_seconds.into()),
            idle: TimeDelta::days(idle.into()),
            absolute: TimeDelta::days(absolute.into()),
            grace: TimeDelta::seconds(self.refresh_grace_seconds.into()),
        })
    }
}

/// Fails with the first rule of a section that does not hold: (whether it does, the key, what it takes).
fn all(section: &str, rules: &[(bool, &str, &str)]) -> Result<(), SettingsError> {
    match rules.iter().find(|(holds, ..)| !holds) {
        None => Ok(()),
        Some((_, key, expected)) => {
            Err(SettingsError::malformed(&format!("{section}.{key}"), *expected))
        }
    }
}

#[cfg(test)]
mod tests {
    use platform::settings::Sources;

    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<AuthSettings, SettingsError> {
        let defaults = include_str!("../../config/default.toml");
        AuthSettings::from(&Sources::new(&[defaults]).variables(variables.iter().copied()).load()?)
    }

    #[test]
    fn the_defaults_hold() {
        let settings = load(&[]).unwrap();
        assert_eq!(settings.registration, Registration::Closed);
        assert_eq!(settings.passwords.rounds, 600_000);
        assert_eq!(settings.sessions.access, TimeDelta::minutes(15));
    }

    #[test]
    fn a_value_out_of_bounds_is_named() {
        for (variable, value) in [
            ("OMNICHAT__REGISTRATION__MODE", "maybe"),
            ("OMNICHAT__PASSWORDS__MIN_LENGTH", "0"),
            ("OMNICHAT__PASSWORDS__MIN_LENGTH", "129"),
            ("OMNICHAT__PASSWORDS__MAX_LENGTH", "257"),
            ("OMNICHAT__PASSWORDS__MIN_SCORE", "5"),
            ("OMNICHAT__PASSWORDS__ROUNDS", "999"),
            ("OMNICHAT__PASSWORDS__QUEUE", "-1"),
            ("OMNICHAT__PASSWORDS__TRIES_PER_MINUTE", "0"),
            ("OMNICHAT__AUDIT__DAYS", "0"),
            ("OMNICHAT__SESSIONS__ACCESS_SECONDS", "0"),
            ("OMNICHAT__SESSIONS__REFRESH_IDLE_DAYS", "31"),
            ("OMNICHAT__SESSIONS__REFRESH_ABSOLUTE_DAYS", "4000"),
        ] {
            let text = load(&[(variable, value)]).unwrap_err().to_string();
            assert!(text.contains(variable), "{text}");
        }
    }

    #[test]
    fn a_domain_is_matched_whole_and_in_any_case() {
        let mode = ("OMNICHAT__REGISTRATION__MODE", "domains");
        assert!(load(&[mode]).unwrap_err().to_string().contains("OMNICHAT__REGISTRATION__DOMAINS"));
        let domains = ("OMNICHAT__REGISTRATION__DOMAINS", "Example.org, @example.com,");
        let registration = load(&[mode, domains]).unwrap().registration;
        for admitted in ["ada@example.org", "ada@EXAMPLE.com"] {
            assert!(registration.admits(admitted), "{admitted}");
        }
        for refused in
            ["ada@evil-example.org", "ada@sub.example.org", "ada@example.org.evil", "ada", "ada@"]
        {
            assert!(!registration.admits(refused), "{refused}");
        }
    }
}
