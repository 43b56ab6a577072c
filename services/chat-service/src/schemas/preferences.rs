use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::domain::api_key::KeyName;
use common::domain::preferences::{
    KeyStatus, MODEL_CHARACTERS, PROMPT_CHARACTERS, PreferenceChanges, TEMPERATURES,
};
use common::domain::profile::ProfileSettings;
use garde::Validate;
use platform::http::{present, valid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is absent stays, null clears.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdatePreferencesRequest {
    /// A model of the catalogue.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    #[garde(inner(inner(custom(valid::text(MODEL_CHARACTERS)))))]
    default_model: Option<Option<String>>,
    /// 0 to 2.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    #[garde(inner(inner(custom(valid::within(TEMPERATURES)))))]
    default_temperature: Option<Option<f64>>,
    /// Up to 100,000 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    #[garde(inner(inner(custom(valid::text(PROMPT_CHARACTERS)))))]
    system_prompt: Option<Option<String>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreferencesData {
    settings: PreferencesResponse,
    /// One for each provider for which a person can have a key of one's own.
    api_keys: BTreeMap<KeyName, KeyStatusResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreferencesResponse {
    /// Answers in a new conversation that names no model.
    #[schema(required)]
    default_model: Option<String>,
    /// For a send that names none.
    #[schema(required)]
    default_temperature: Option<f64>,
    /// For a new conversation that brings none.
    #[schema(required)]
    system_prompt: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyStatusResponse {
    configured: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<DateTime<Utc>>,
}

impl From<UpdatePreferencesRequest> for PreferenceChanges {
    fn from(request: UpdatePreferencesRequest) -> Self {
        Self {
            default_model: request.default_model,
            default_temperature: request.default_temperature,
            system_prompt: request.system_prompt,
        }
    }
}

impl From<ProfileSettings> for PreferencesData {
    fn from(ProfileSettings { preferences, keys }: ProfileSettings) -> Self {
        let settings = PreferencesResponse {
            default_model: preferences.default_model,
            default_temperature: preferences.default_temperature,
            system_prompt: preferences.system_prompt,
        };
        Self { settings, api_keys: keys.map() }
    }
}

impl From<KeyStatus> for KeyStatusResponse {
    fn from(key: KeyStatus) -> Self {
        Self { configured: key.configured, last_used: key.last_used }
    }
}
