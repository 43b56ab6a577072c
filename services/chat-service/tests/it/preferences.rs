//! What a person wants where a request does not say.

use futures_util::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, TestApp};

use super::{Chat, a_conversation, serve};

/// Somebody's preferences, as a sibling service sees them.
struct Desk {
    user: Actor,
    sibling: Actor,
    path: String,
}

impl Desk {
    fn new(app: &TestApp) -> Self {
        let id = app.instance.ids.next();
        let path = format!("/internal/users/{id}/preferences");
        Self { user: app.user_with_id(id), sibling: app.service("auth-service"), path }
    }

    async fn set(&self, changes: Value) -> Value {
        let changed = self.sibling.patch(&self.path, changes).await.expect(200);
        let read = self.sibling.get(&self.path).await.expect(200);
        assert_eq!(read.json["data"], changed.json["data"]);
        read.data("settings").clone()
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn preferences_are_kept_and_cleared_field_by_field(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let (desk, other) = (Desk::new(&chat.app), Desk::new(&chat.app));
    let none = json!({"defaultModel": null, "defaultTemperature": null, "systemPrompt": null});
    let no_key = json!({"configured": false});
    assert_eq!(
        desk.sibling.get(&desk.path).await.expect(200).json["data"],
        json!({
            "settings": none,
            "apiKeys": {
                "claude": no_key, "openai": no_key, "google": no_key, "openrouter": no_key, "groq": no_key,
            },
        })
    );

    let first = desk.set(json!({"defaultModel": "gpt-4o", "systemPrompt": "Be wise."})).await;
    assert_eq!(
        first,
        json!({"defaultModel": "gpt-4o", "defaultTemperature": null, "systemPrompt": "Be wise."})
    );
    let second = desk.set(json!({"defaultTemperature": 0.0, "systemPrompt": null})).await;
    assert_eq!(
        second,
        json!({"defaultModel": "gpt-4o", "defaultTemperature": 0.0, "systemPrompt": null})
    );
    assert_eq!(desk.set(json!({})).await, second);
    assert_eq!(other.set(json!({})).await, none);

    // Changes made at once to different fields are all kept.
    let changes = [
        json!({"defaultModel": "gpt-4"}),
        json!({"defaultTemperature": 2}),
        json!({"systemPrompt": "x"}),
    ];
    for changed in join_all(changes.map(|change| other.sibling.patch(&other.path, change))).await {
        changed.expect(200);
    }
    assert_eq!(
        other.set(json!({})).await,
        json!({"defaultModel": "gpt-4", "defaultTemperature": 2.0, "systemPrompt": "x"})
    );

    let unknown = desk.sibling.patch(&desk.path, json!({"defaultModel": "gpt-1"})).await;
    assert_eq!(unknown.expect(422).code(), "MODEL_UNKNOWN");
    for (body, field) in [
        (json!({"defaultTemperature": 2.1}), "defaultTemperature"),
        (json!({"defaultModel": ""}), "defaultModel"),
        (json!({"systemPrompt": "x".repeat(100_001)}), "systemPrompt"),
        (json!({"theme": "dark"}), "theme"),
    ] {
        let refused = desk.sibling.patch(&desk.path, body).await.expect(400);
        assert_eq!(refused.json["error"]["details"]["field"], json!(field));
    }
    assert_eq!(desk.set(json!({})).await, second);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn preferences_take_effect_where_a_request_does_not_say(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let desk = Desk::new(&chat.app);
    let before = a_conversation(&desk.user, json!({})).await;
    desk.set(json!({
        "defaultModel": "gpt-4o", "defaultTemperature": 0.1, "systemPrompt": "Be wise."
    }))
    .await;

    let asked = async |conversation: &str, mut body: Value| {
        body["content"] = json!("x");
        let path = format!("/conversations/{conversation}/messages");
        desk.user.post(&path, body).await.expect(200);
        let asked = chat.model.last_request().unwrap();
        let told = asked.messages()[0].1.clone();
        (asked.json()["model"].clone(), asked.json()["temperature"].clone(), told)
    };
    let own = a_conversation(&desk.user, json!({})).await;
    let expected = (json!("gpt-4o"), json!(0.1), "Be wise.".to_owned());
    assert_eq!(asked(&own, json!({})).await, expected);
    let body = json!({"model": "gpt-4", "systemPrompt": "Be brief."});
    let other = a_conversation(&desk.user, body).await;
    let expected = (json!("gpt-4"), json!(1.5), "Be brief.".to_owned());
    assert_eq!(asked(&other, json!({"temperature": 1.5})).await, expected);
    // What was there before stays as it was made, but for what belongs to a send.
    let expected = (json!("gpt-4o-mini"), json!(0.1), "x".to_owned());
    assert_eq!(asked(&before, json!({})).await, expected);

    let stranger = chat.app.user();
    let theirs = a_conversation(&stranger, json!({})).await;
    let path = format!("/conversations/{theirs}/messages");
    stranger.post(&path, json!({"content": "x"})).await.expect(200);
    assert_eq!(chat.model.last_request().unwrap().json()["temperature"], json!(0.7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_model_that_has_left_the_catalogue_is_passed_over() {
    let chat = Chat::start(Engine::Sqlite).await;
    let desk = Desk::new(&chat.app);
    desk.set(json!({"defaultModel": "gpt-4o"})).await;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("models.toml");
    let built_in = include_str!("../../config/models.toml");
    std::fs::write(&file, built_in.replace("id = \"gpt-4o\"", "id = \"gpt-6\"")).unwrap();
    let file = file.to_str().unwrap();
    let more = [("OMNICHAT__MODELS__FILE", file)];
    let later = serve(&chat.model, &chat.database, &chat.clock, &more).await;
    let user = desk.user.at(&later.base_url);
    let made = user.post("/conversations", json!({})).await.expect(201);
    assert_eq!(made.data("conversation")["model"], "gpt-4o-mini");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_has_no_preferences_and_gets_none(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let (desk, other) = (Desk::new(&chat.app), Desk::new(&chat.app));
    for desk in [&desk, &other] {
        desk.set(json!({"systemPrompt": "Be wise."})).await;
    }
    desk.sibling.delete(desk.path.trim_end_matches("/preferences")).await.expect(200);
    let read = desk.sibling.get(&desk.path).await.expect(200);
    assert_eq!(read.data("settings")["systemPrompt"], Value::Null);
    let refused = desk.sibling.patch(&desk.path, json!({"systemPrompt": "x"})).await.expect(404);
    assert_eq!(refused.code(), "NOT_FOUND");
    assert_eq!(other.set(json!({})).await["systemPrompt"], "Be wise.");
}
