use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use common::UserId;
use common::domain::api_key::KeyName;
use common::domain::preferences::{KeyStatus, PreferenceChanges, Preferences};
use common::domain::profile::{ProfileError, ProfileSettings};
use platform::client::{Identity, Sibling, SiblingAnswer};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::services::SettingsAccess;

/// chat-service over HTTP.
pub struct HttpSettings(pub Sibling);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    settings: Settings,
    /// By their names, among which may be new ones that are not known here.
    api_keys: HashMap<String, Key>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    default_model: Option<String>,
    default_temperature: Option<f64>,
    system_prompt: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    configured: bool,
    last_used: Option<DateTime<Utc>>,
}

#[async_trait]
impl SettingsAccess for HttpSettings {
    async fn get(&self, user: UserId) -> Result<ProfileSettings, ProfileError> {
        let answer = self.0.call(Method::GET, &path(user), Identity::Service, &[]).await;
        settings(&answer.map_err(|error| ProfileError::Unavailable(Box::new(error)))?)
    }

    async fn update(
        &self,
        user: UserId,
        changes: PreferenceChanges,
    ) -> Result<ProfileSettings, ProfileError> {
        let body = body(&changes);
        let answer = self
            .0
            .call_with(Method::PATCH, &path(user), Identity::Service, &body)
            .await
            .map_err(|error| ProfileError::Unavailable(Box::new(error)))?;
        match (answer.status.as_u16(), changes.default_model) {
            (422, Some(Some(model))) => Err(ProfileError::UnknownModel { model }),
            _ => settings(&answer),
        }
    }
}

fn path(user: UserId) -> String {
    format!("/internal/users/{user}/preferences")
}

/// What is to change, and nothing else.
fn body(changes: &PreferenceChanges) -> Value {
    let PreferenceChanges { default_model, default_temperature, system_prompt } = changes;
    let fields = [
        ("defaultModel", default_model.clone().map(Value::from)),
        ("defaultTemperature", default_temperature.map(Value::from)),
        ("systemPrompt", system_prompt.clone().map(Value::from)),
    ];
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect::<Map<_, _>>())
}

fn settings(answer: &SiblingAnswer) -> Result<ProfileSettings, ProfileError> {
    if answer.status == 404 {
        return Err(ProfileError::NotFound);
    }
    let Answer { settings, api_keys } = answer.data().map_err(ProfileError::Unavailable)?;
    let known = |(name, key): (String, Key)| Some((KeyName::parse(&name)?, key.into()));
    Ok(ProfileSettings {
        preferences: Preferences {
            default_model: settings.default_model,
            default_temperature: settings.default_temperature,
            system_prompt: settings.system_prompt,
        },
        keys: api_keys.into_iter().filter_map(known).collect(),
    })
}

impl From<Key> for KeyStatus {
    fn from(key: Key) -> Self {
        Self { configured: key.configured, last_used: key.last_used }
    }
}
