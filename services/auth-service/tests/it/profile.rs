//! What people see and change of themselves, with a small chat-service beside.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use auth_service::services::SettingsAccess;
use common::domain::preferences::PreferenceChanges;
use common::domain::profile::{ProfileError, ProfileSettings};
use common::{SystemClock, UserId};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Engine, TestDatabase, redacted};

use super::{Auth, start};

/// chat-service's part of profiles, in memory.
#[derive(Default)]
pub struct Desk(Mutex<HashMap<UserId, ProfileSettings>>);

#[async_trait]
impl SettingsAccess for Desk {
    async fn get(&self, user: UserId) -> Result<ProfileSettings, ProfileError> {
        Ok(self.0.lock().unwrap().get(&user).cloned().unwrap_or_default())
    }

    async fn update(
        &self,
        user: UserId,
        changes: PreferenceChanges,
    ) -> Result<ProfileSettings, ProfileError> {
        if let Some(Some(model)) =
            changes.default_model.clone().filter(|m| *m == Some("none".into()))
        {
            return Err(ProfileError::UnknownModel { model });
        }
        let mut desk = self.0.lock().unwrap();
        let settings = desk.entry(user).or_default();
        let preferences = &mut settings.preferences;
        if let Some(model) = changes.default_model {
            preferences.default_model = model;
        }
        if let Some(temperature) = changes.default_temperature {
            preferences.default_temperature = temperature;
        }
        if let Some(prompt) = changes.system_prompt {
            preferences.system_prompt = prompt;
        }
        Ok(settings.clone())
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_shown_and_changed_field_by_field(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let auth = start(engine).await;
    auth.register("ada@example.org").await.expect(201);
    let ada = auth.signed_in("ada@example.org").await;
    let first = ada.get("/profile").await.expect(200);
    insta::assert_json_snapshot!("profile", redacted(&first.json));

    let change = json!({
        "displayName": "Countess",
        "settings": {"defaultModel": "gpt-4o", "defaultTemperature": 0.5, "systemPrompt": "Be wise."},
    });
    let changed = ada.patch("/profile", change).await.expect(200);
    let clear = json!({"displayName": null, "settings": {"systemPrompt": null}});
    let cleared = ada.patch("/profile", clear).await.expect(200);
    assert_eq!(ada.get("/profile").await.expect(200).data("user"), cleared.data("user"));
    let seen = |user: &Value| (user["displayName"].clone(), user["settings"].clone());
    assert_eq!(
        seen(changed.data("user")),
        (
            json!("Countess"),
            json!({"defaultModel": "gpt-4o", "defaultTemperature": 0.5, "systemPrompt": "Be wise."})
        )
    );
    assert_eq!(
        seen(cleared.data("user")),
        (
            json!(null),
            json!({"defaultModel": "gpt-4o", "defaultTemperature": 0.5, "systemPrompt": null})
        )
    );

    let name = json!({"displayName": "A.", "settings": {"defaultModel": "none"}});
    assert_eq!(ada.patch("/profile", name).await.expect(422).code(), "MODEL_UNKNOWN");
    assert_eq!(ada.get("/profile").await.expect(200).data("user"), cleared.data("user"));
}

#[rstest]
#[case::name(json!({"displayName": ""}), "displayName")]
#[case::temperature(json!({"settings": {"defaultTemperature": 3}}), "settings.defaultTemperature")]
#[case::unknown(json!({"settings": {"colour": "red"}}), "colour")]
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_is_refused(#[case] change: Value, #[case] field: &str) {
    let auth = start(Engine::Sqlite).await;
    auth.register("ada@example.org").await.expect(201);
    let ada = auth.signed_in("ada@example.org").await;
    let refused = ada.patch("/profile", change).await.expect(400);
    assert!(refused.json["error"].to_string().contains(field), "{}", refused.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_chat_service_is_said() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let auth = Auth::alone_on(&database).await;
    auth.register("ada@example.org").await.expect(201);
    let ada = auth.signed_in("ada@example.org").await;
    for refused in [ada.get("/profile").await, ada.patch("/profile", json!({"settings": {}})).await]
    {
        insta::assert_json_snapshot!("no_chat_service", redacted(&refused.expect(503).json));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_service_is_asked_under_the_callers_request_id_and_trace() {
    const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let database = TestDatabase::new(Engine::Sqlite).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let more = [("CHAT_SERVICE_URL", url.as_str())];
    let (settings, instance, siblings) = Auth::prepare(&database, Arc::new(SystemClock), &more);
    let auth = Auth::build(settings, instance, siblings).await;
    auth.register("ada@example.org").await.expect(201);
    let ada = auth.signed_in("ada@example.org").await;
    let request = ada.request(Method::GET, "/profile").header("x-request-id", "req_of-ada");
    let asked = tokio::task::spawn_blocking(move || {
        let (mut stream, mut head) = (listener.accept().unwrap().0, Vec::new());
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").unwrap();
        String::from_utf8(head).unwrap()
    });
    let answer = ada.send(request.header("traceparent", TRACE)).await;
    let head = asked.await.unwrap();
    answer.expect(401);
    for line in ["x-request-id: req_of-ada\r\n", &format!("traceparent: {TRACE}\r\n")] {
        assert!(head.contains(line), "{head}");
    }
}
