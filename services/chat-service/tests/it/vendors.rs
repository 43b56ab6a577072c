//! The table of vendors, and what belongs to each of its rows elsewhere.

use chat_service::ChatService;
use chat_service::core::{Catalogue, ChatSettings};
use chat_service::providers::VENDORS;
use common::domain::api_key::KeyName;
use mock_llm::{MockLlm, Script};
use platform::cli::Service;
use platform::settings::Sources;
use reqwest::Method;
use serde_json::json;
use testkit::{Engine, Event};

use super::{Chat, a_conversation};

#[test]
fn each_has_its_settings_a_name_for_keys_and_a_model() {
    let settings = Sources::new(&[ChatService::DEFAULTS]).load().unwrap();
    let settings = ChatSettings::from(&settings).unwrap();
    let catalogue = Catalogue::load("").unwrap();
    for vendor in VENDORS {
        let name = vendor.name;
        let configured = settings.providers.vendor(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(configured.base_url, vendor.base_url, "{name}");
        assert!(vendor.key_name.is_none_or(|name| KeyName::parse(name).is_some()), "{name}");
        assert!(catalogue.models().iter().any(|model| model.provider == name), "{name}");
    }
    for name in KeyName::ALL {
        assert!(VENDORS.iter().any(|vendor| vendor.key_name == Some(name.as_str())), "{name:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn groq_is_asked_at_its_address_with_its_key() {
    let groq = MockLlm::start().await;
    let address: &'static str = groq.base_url().leak();
    let more = [("GROQ_BASE_URL", address), ("GROQ_API_KEY", "gsk-operator")];
    let chat = Chat::start_with(Engine::Sqlite, &more).await;
    let user = chat.app.user();
    for key in ["gsk-operator", "gsk-own"] {
        groq.script(Script::tokens(["fast"]));
        let conversation = a_conversation(&user, json!({"model": "llama-3.3-70b"})).await;
        let path = format!("/conversations/{conversation}/messages");
        let request = user.request(Method::POST, &path);
        let request = request.json(&json!({"content": "Hello", "stream": true}));
        assert_eq!(Event::text(&user.stream(request).await.rest().await), "fast");
        let asked = groq.last_request().unwrap();
        assert_eq!((asked.key(), asked.path.as_str()), (Some(key), "/v1/chat/completions"));
        assert_eq!(asked.json()["model"], "llama-3.3-70b-versatile");
        let stored = user.post("/profile/api-keys", json!({"groq": "gsk-own"})).await.expect(200);
        assert_eq!(stored.json["data"], json!({"updated": ["groq"], "verified": {"groq": true}}));
    }
    assert!(chat.model.requests().is_empty());
}
