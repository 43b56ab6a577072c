use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::domain::api_key::{ApiKey, KeyName, UpdatedKeys, Verdict};
use garde::Validate;
use platform::http::present;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const LONGEST: usize = 500;

/// What is absent stays, null deletes. A key is up to 500 visible ASCII characters.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateApiKeysRequest {
    /// Anthropic's.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "password")]
    #[garde(inner(inner(custom(key_rule))))]
    claude: Option<Option<SecretString>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "password")]
    #[garde(inner(inner(custom(key_rule))))]
    openai: Option<Option<SecretString>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "password")]
    #[garde(inner(inner(custom(key_rule))))]
    google: Option<Option<SecretString>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "password")]
    #[garde(inner(inner(custom(key_rule))))]
    openrouter: Option<Option<SecretString>>,
}

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
fn key_rule(value: &SecretString, _: &()) -> garde::Result {
    let key = value.expose_secret();
    if (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(garde::Error::new("1 to 500 visible ASCII characters, without spaces"))
}

impl UpdateApiKeysRequest {
    /// What each key that is named is to be.
    pub fn into_keys(self) -> Vec<(KeyName, Option<SecretString>)> {
        let Self { claude, openai, google, openrouter } = self;
        let named = [
            (KeyName::Claude, claude),
            (KeyName::Openai, openai),
            (KeyName::Google, google),
            (KeyName::Openrouter, openrouter),
        ];
        named.into_iter().filter_map(|(name, key)| Some((name, key?))).collect()
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
}
