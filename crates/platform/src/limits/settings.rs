//! `[rate_limits]`: a number a minute for each operation id.

use std::collections::BTreeMap;

use config::Value;

use super::Quota;
use crate::settings::{Settings, SettingsError};

const SECTION: &str = "rate_limits";

/// The section, whose keys each service adds to.
pub(super) struct LimitSettings {
    pub(super) enabled: bool,
    per_minute: BTreeMap<String, u32>,
}

impl LimitSettings {
    /// Reads and checks the section.
    pub(super) fn from(settings: &Settings) -> Result<Self, SettingsError> {
        let mut section: BTreeMap<String, Value> = settings.section(SECTION)?;
        let malformed = |name: &str, expected: &str| {
            SettingsError::malformed(&format!("{SECTION}.{name}"), expected)
        };
        let enabled = section.remove("enabled").map_or(Ok(true), Value::into_bool);
        let enabled = enabled.map_err(|_| malformed("enabled", "true or false"))?;
        let per_minute = section.into_iter().map(|(name, value)| {
            let number = value.into_uint().ok().and_then(|number| u32::try_from(number).ok());
            let limit = number.ok_or_else(|| malformed(&name, "a number of requests a minute"))?;
            Ok((name, limit))
        });
        Ok(Self { enabled, per_minute: per_minute.collect::<Result<_, _>>()? })
    }

    /// An operation's limit, if it has one.
    pub(super) fn quota(&self, operation_id: &str) -> Option<Quota> {
        let limit = *self.per_minute.get(operation_id)?;
        (limit > 0).then(|| Quota::per_minute(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Sources;

    fn load(name: &str, value: &str) -> Result<LimitSettings, SettingsError> {
        LimitSettings::from(&Sources::new(&[]).variables([(name, value)]).load()?)
    }

    #[test]
    fn a_limit_is_a_number_a_minute() {
        let limits = load("OMNICHAT__RATE_LIMITS__GET_HEALTH", "7").unwrap();
        assert!(limits.enabled);
        assert_eq!(limits.quota("get_health"), Some(Quota::per_minute(7)));
        assert_eq!(limits.quota("get_liveness"), None);
        let limits = load("OMNICHAT__RATE_LIMITS__GET_HEALTH", "0").unwrap();
        assert_eq!(limits.quota("get_health"), None);
        assert!(!load("OMNICHAT__RATE_LIMITS__ENABLED", "false").unwrap().enabled);
    }

    #[test]
    fn a_malformed_limit_is_named_but_not_shown() {
        for name in ["OMNICHAT__RATE_LIMITS__GET_HEALTH", "OMNICHAT__RATE_LIMITS__ENABLED"] {
            let text = load(name, "s3cret").err().unwrap().to_string();
            assert!(text.contains(name) && !text.contains("s3cret"), "{text}");
        }
        assert!(load("OMNICHAT__RATE_LIMITS__GET_HEALTH", "-1").is_err());
    }
}
