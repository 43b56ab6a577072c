use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use common::domain::api_key::{ApiKey, KeyName, UpdatedKeys, Verdict};
use garde::{Path, Report, Validate};
use secrecy::{ExposeSecret, SecretString};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

const LONGEST: usize = 500;

/// A key for each provider that is named; what is absent stays, null deletes. A key is up to 500 visible ASCII characters.
#[derive(Debug, ToSchema)]
#[schema(value_type = BTreeMap<KeyName, Option<String>>)]
pub struct UpdateApiKeysRequest(BTreeMap<KeyName, Option<SecretString>>);

#[derive(Debug, Serialize, ToSchema)]
pub struct UpdatedApiKeysData {
    /// Those that now are as was asked.
    updated: Vec<KeyName>,
    /// Of each new one: true, it works; false, its provider does not take it, and it was not stored; null, its provider could not
    /// be asked, and it was stored.
    verified: BTreeMap<KeyName, Option<bool>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeysData {
    /// One for each provider for which a person can have a key.
    api_keys: BTreeMap<KeyName, StoredKeyResponse>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoredKeyResponse {
    configured: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<DateTime<Utc>>,
    /// The key's end; absent where that would be too much of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_four: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedApiKeyData {
    pub deleted_api_key: KeyName,
}

/// What can stand in a header.
fn key_rule(value: &SecretString) -> garde::Result {
    let key = value.expose_secret();
    if (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(garde::Error::new("1 to 500 visible ASCII characters, without spaces"))
}

impl<'de> Deserialize<'de> for UpdateApiKeysRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Keys).map(Self)
    }
}

/// As strict as a struct with a field for each name.
struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = BTreeMap<KeyName, Option<SecretString>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut keys = BTreeMap::new();
        while let Some(text) = map.next_key::<String>()? {
            let unknown = || A::Error::unknown_field(&text, KeyName::NAMES);
            let name = KeyName::parse(&text).ok_or_else(unknown)?;
            if keys.insert(name, map.next_value()?).is_some() {
                return Err(A::Error::duplicate_field(name.as_str()));
            }
        }
        Ok(keys)
    }
}

impl Validate for UpdateApiKeysRequest {
    type Context = ();

    fn validate_into(&self, _: &(), parent: &mut dyn FnMut() -> Path, report: &mut Report) {
        for (name, key) in &self.0 {
            if let Some(Err(error)) = key.as_ref().map(key_rule) {
                report.append(parent().join(name.as_str()), error);
            }
        }
    }
}

impl UpdateApiKeysRequest {
    /// What each key that is named is to be.
    pub fn into_keys(self) -> Vec<(KeyName, Option<SecretString>)> {
        self.0.into_iter().collect()
    }
}

impl From<UpdatedKeys> for UpdatedApiKeysData {
    fn from(UpdatedKeys { updated, verdicts }: UpdatedKeys) -> Self {
        let verified = verdicts.into_iter().map(|(name, verdict)| match verdict {
            Verdict::Works => (name, Some(true)),
            Verdict::Rejected => (name, Some(false)),
            Verdict::Unknown => (name, None),
        });
        Self { updated, verified: verified.collect() }
    }
}

impl From<Vec<ApiKey>> for ApiKeysData {
    fn from(keys: Vec<ApiKey>) -> Self {
        let mut api_keys: BTreeMap<_, _> =
            KeyName::ALL.iter().map(|name| (*name, StoredKeyResponse::default())).collect();
        for ApiKey { name, last_used, last_four, .. } in keys {
            api_keys.insert(name, StoredKeyResponse { configured: true, last_used, last_four });
        }
        Self { api_keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_does_not_show_its_keys() {
        let json = r#"{"openai": "sk-canary", "claude": null}"#;
        let request: UpdateApiKeysRequest = serde_json::from_str(json).unwrap();
        let shown = format!("{request:?}");
        assert!(shown.contains("REDACTED") && !shown.contains("canary"), "{shown}");
        let keys = request.into_keys();
        assert_eq!(keys.len(), 2);
        assert!(!format!("{keys:?}").contains("canary"));
    }

    #[test]
    fn a_name_is_known_and_given_once() {
        let wrong =
            |json| serde_json::from_str::<UpdateApiKeysRequest>(json).unwrap_err().to_string();
        let twice = wrong(r#"{"openai": "a", "groq": null, "openai": "b"}"#);
        assert!(twice.starts_with("duplicate field `openai`"), "{twice}");
        let unknown = wrong(r#"{"OpenAI": "a"}"#);
        assert!(
            unknown.starts_with("unknown field `OpenAI`, expected one of `claude`"),
            "{unknown}"
        );
    }
}
