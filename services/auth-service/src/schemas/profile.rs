use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::UserId;
use common::domain::api_key::KeyName;
use common::domain::preferences::{
    KeyStatus, MODEL_CHARACTERS, PROMPT_CHARACTERS, PreferenceChanges, Preferences, TEMPERATURES,
};
use common::domain::profile::{Profile, ProfileChanges};
use garde::Validate;
use platform::http::{present, valid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is absent stays, null clears.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateProfileRequest {
    /// 1 to 100 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    #[garde(inner(inner(custom(valid::text(1..=100)))))]
    display_name: Option<Option<String>>,
    #[serde(default)]
    #[garde(dive)]
    settings: Option<UpdateSettingsRequest>,
}

/// What is absent stays, null clears.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateSettingsRequest {
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
pub struct ProfileData {
    user: ProfileResponse,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileResponse {
    id: UserId,
    /// The email address.
    username: String,
    #[schema(required)]
    display_name: Option<String>,
    created_at: DateTime<Utc>,
    settings: SettingsResponse,
    /// One for each provider for which a person can have a key of one's own.
    api_keys: BTreeMap<KeyName, ApiKeyResponse>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingsResponse {
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
pub struct ApiKeyResponse {
    configured: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<DateTime<Utc>>,
}

impl From<UpdateProfileRequest> for ProfileChanges {
    fn from(request: UpdateProfileRequest) -> Self {
        Self { display_name: request.display_name, preferences: request.settings.map(Into::into) }
    }
}

impl From<UpdateSettingsRequest> for PreferenceChanges {
    fn from(request: UpdateSettingsRequest) -> Self {
        Self {
            default_model: request.default_model,
            default_temperature: request.default_temperature,
            system_prompt: request.system_prompt,
        }
    }
}

impl From<Profile> for ProfileData {
    fn from(Profile { user, settings }: Profile) -> Self {
        let user = ProfileResponse {
            id: user.id,
            username: user.email,
            display_name: user.display_name,
            created_at: user.created_at,
            settings: settings.preferences.into(),
            api_keys: settings.keys.map(),
        };
        Self { user }
    }
}

impl From<Preferences> for SettingsResponse {
    fn from(preferences: Preferences) -> Self {
        Self {
            default_model: preferences.default_model,
            default_temperature: preferences.default_temperature,
            system_prompt: preferences.system_prompt,
        }
    }
}

impl From<KeyStatus> for ApiKeyResponse {
    fn from(key: KeyStatus) -> Self {
        Self { configured: key.configured, last_used: key.last_used }
    }
}
