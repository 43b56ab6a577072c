use chrono::{DateTime, Utc};
use common::domain::preferences::{
    KeyStatus, KeyStatuses, MODEL_CHARACTERS, PROMPT_CHARACTERS, PreferenceChanges, TEMPERATURES,
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
    api_keys: KeyStatusesResponse,
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

/// The providers for which a person can have a key of one's own.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyStatusesResponse {
    claude: KeyStatusResponse,
    openai: KeyStatusResponse,
    google: KeyStatusResponse,
    openrouter: KeyStatusResponse,
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
        Self { settings, api_keys: keys.into() }
    }
}

impl From<KeyStatuses> for KeyStatusesResponse {
    fn from(keys: KeyStatuses) -> Self {
        Self {
            claude: keys.claude.into(),
            openai: keys.openai.into(),
            google: keys.google.into(),
            openrouter: keys.openrouter.into(),
        }
    }
}

impl From<KeyStatus> for KeyStatusResponse {
    fn from(key: KeyStatus) -> Self {
        Self { configured: key.configured, last_used: key.last_used }
    }
}
