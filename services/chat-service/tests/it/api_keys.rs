//! People's own keys: stored, shown by their end, used before the operator's, forgotten; and never used once they were touched.

use std::time::Duration;

use chat_service::ChatService;
use common::UserId;
use mock_llm::Script;
use platform::cli::Service;
use platform::db::Database;
use platform::settings::DatabaseSettings;
use rstest::rstest;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply, settings};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{Chat, a_conversation};

const PATH: &str = "/profile/api-keys";
const KEY: &str = "sk-own-0123456789-wxyz";

/// A person, and the service's database.
struct Desk {
    id: UserId,
    user: Actor,
    db: Database,
}

impl Desk {
    async fn new(chat: &Chat) -> Self {
        let id = chat.app.instance.ids.next();
        let settings = settings(&[ChatService::DEFAULTS], &chat.database, &[]);
        let db = Database::connect(&DatabaseSettings::from(&settings).unwrap(), "chat").await;
        Self { id, user: chat.app.user_with_id(id), db: db.unwrap() }
    }

    /// With a key for OpenAI.
    async fn with_key(chat: &Chat) -> Self {
        let desk = Self::new(chat).await;
        desk.user.post(PATH, json!({"openai": KEY})).await.expect(200);
        desk
    }

    async fn keys(&self) -> Value {
        self.user.get(PATH).await.expect(200).data("apiKeys").clone()
    }

    async fn send(&self, user: &Actor) -> Reply {
        let conversation = a_conversation(user, json!({"model": "gpt-4o"})).await;
        user.post(&format!("/conversations/{conversation}/messages"), json!({"content": "x"})).await
    }

    /// What happened to the person's keys, in order.
    async fn events(&self) -> Vec<String> {
        let select = Query::select()
            .columns(["type", "provider"])
            .from("key_events")
            .and_where(Expr::col("user_id").eq(self.id.uuid()))
            .order_by("id", sea_orm::Order::Asc)
            .to_owned();
        let rows = self.db.connection().query_all(&select).await.unwrap();
        let word = |row: &sea_orm::QueryResult, column| row.try_get::<String>("", column).unwrap();
        rows.iter().map(|row| format!("{} {}", word(row, "type"), word(row, "provider"))).collect()
    }

    async fn sealed(&self) -> Vec<u8> {
        let select = Query::select()
            .column("sealed")
            .from("api_keys")
            .and_where(Expr::col("user_id").eq(self.id.uuid()))
            .to_owned();
        let row = self.db.connection().query_one(&select).await.unwrap().unwrap();
        row.try_get("", "sealed").unwrap()
    }

    /// Writes into the person's row what only an intruder would.
    async fn tamper(&self, column: &'static str, value: impl Into<Expr>) {
        let update = Query::update()
            .table("api_keys")
            .value(column, value)
            .and_where(Expr::col("user_id").eq(self.id.uuid()))
            .to_owned();
        self.db.connection().execute(&update).await.unwrap();
    }
}

/// The key that the model's server was last asked with.
fn asked_with(chat: &Chat) -> String {
    let asked = chat.model.last_request().unwrap();
    asked.header("authorization").unwrap().trim_start_matches("Bearer ").to_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_checked_once_stored_shown_by_their_end_and_deleted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    // Nothing listens where OpenRouter should.
    let chat = Chat::start_with(engine, &[("OPENROUTER_BASE_URL", "http://127.0.0.1:9/v1")]).await;
    let (desk, other) = (Desk::new(&chat).await, Desk::new(&chat).await);
    let none = json!({"configured": false});
    let nothing = json!({
        "claude": none, "openai": none, "google": none, "openrouter": none, "groq": none,
    });
    assert_eq!(desk.keys().await, nothing);

    chat.model.require_key(KEY);
    let body = json!({"openai": KEY, "openrouter": "short"});
    let stored = desk.user.post(PATH, body).await.expect(200);
    assert_eq!(
        stored.json["data"],
        json!({"updated": ["openai", "openrouter"], "verified": {"openai": true, "openrouter": null}})
    );
    assert_eq!(chat.model.requests().len(), 1);
    let mine = json!({
        "claude": none,
        "openai": {"configured": true, "lastFour": "wxyz"},
        "google": none,
        "openrouter": {"configured": true},
        "groq": none,
    });
    assert_eq!(desk.keys().await, mine);
    assert_eq!(other.keys().await, nothing);

    // One that is not taken leaves the one before in its place.
    let refused = desk.user.post(PATH, json!({"openai": "sk-of-somebody-else"})).await.expect(200);
    assert_eq!(refused.json["data"], json!({"updated": [], "verified": {"openai": false}}));
    assert!(!refused.text.contains("somebody"));
    assert_eq!(desk.keys().await, mine);

    let deleted = desk.user.post(PATH, json!({"openrouter": null})).await.expect(200);
    assert_eq!(deleted.json["data"], json!({"updated": ["openrouter"], "verified": {}}));
    let openai = format!("{PATH}/openai");
    other.user.delete(&openai).await.expect(404);
    let deleted = desk.user.delete(&openai).await.expect(200);
    assert_eq!(deleted.json["data"], json!({"deletedApiKey": "openai"}));
    assert_eq!(desk.user.delete(&openai).await.expect(404).code(), "NOT_FOUND");
    assert_eq!(desk.keys().await, nothing);
    let expected = ["stored openai", "stored openrouter", "deleted openrouter", "deleted openai"];
    assert_eq!(desk.events().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_key_is_refused_and_not_repeated() {
    let chat = Chat::start(Engine::Sqlite).await;
    let user = chat.app.user();
    for (body, field) in [
        (json!({"openai": ""}), "openai"),
        (json!({"claude": "sk canary"}), "claude"),
        (json!({"google": "canary\n"}), "google"),
        (json!({"openai": "canäry"}), "openai"),
        (json!({"openrouter": "x".repeat(501)}), "openrouter"),
        (json!({"openai": 7}), "openai"),
        (json!({"openAI": "canary"}), "openAI"),
    ] {
        let refused = user.post(PATH, body).await.expect(400);
        assert_eq!(
            (refused.code(), &refused.json["error"]["details"]["field"]),
            ("VALIDATION_ERROR", &json!(field))
        );
        assert!(!refused.text.contains("canary"), "{}", refused.text);
    }
    user.post(PATH, json!({"openai": "x".repeat(500)})).await.expect(200);
    for name in ["OpenAI", "anthropic", "x"] {
        assert_eq!(user.delete(&format!("{PATH}/{name}")).await.expect(404).code(), "NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_say_is_not_waited_for() {
    let more = [("OMNICHAT__PROVIDERS__KEY_CHECK_MILLISECONDS", "100")];
    let chat = Chat::start_with(Engine::Sqlite, &more).await;
    chat.model.default_catalogue(Script::default().first_byte_delay(Duration::from_secs(60)));
    let stored = chat.app.user().post(PATH, json!({"openai": KEY})).await.expect(200);
    assert_eq!(stored.json["data"], json!({"updated": ["openai"], "verified": {"openai": null}}));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_persons_own_key_goes_before_the_operators(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let (desk, other) = (Desk::with_key(&chat).await, Desk::new(&chat).await);
    desk.send(&desk.user).await.expect(200);
    assert_eq!(asked_with(&chat), KEY);
    other.send(&other.user).await.expect(200);
    assert_eq!(asked_with(&chat), "sk-test");

    let shown = desk.keys().await;
    assert!(shown["openai"]["lastUsed"].is_string(), "{shown}");
    assert_eq!(desk.events().await, ["stored openai", "used openai"]);
    let sibling = chat.app.service("auth-service");
    let preferences = format!("/internal/users/{}/preferences", desk.id);
    let seen = sibling.get(&preferences).await.expect(200);
    let expected = json!({"configured": true, "lastUsed": shown["openai"]["lastUsed"]});
    assert_eq!(seen.data("apiKeys")["openai"], expected);
    assert_eq!(seen.data("apiKeys")["claude"], json!({"configured": false}));

    // At once in this process.
    desk.user.post(PATH, json!({"openai": "sk-another"})).await.expect(200);
    desk.send(&desk.user).await.expect(200);
    assert_eq!(asked_with(&chat), "sk-another");
    assert_eq!(desk.keys().await["openai"]["lastFour"], Value::Null);
    desk.user.delete(&format!("{PATH}/openai")).await.expect(200);
    desk.send(&desk.user).await.expect(200);
    assert_eq!(asked_with(&chat), "sk-test");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen_by_every_replica_within_seconds(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let desk = Desk::with_key(&chat).await;
    let replica = chat.replica().await;
    let there = desk.user.at(&replica.base_url);
    desk.send(&there).await.expect(200);
    assert_eq!(asked_with(&chat), KEY);

    for (change, expected) in [(json!("sk-another"), "sk-another"), (Value::Null, "sk-test")] {
        desk.user.post(PATH, json!({"openai": change})).await.expect(200);
        let seen = async {
            while asked_with(&chat) != expected {
                desk.send(&there).await.expect(200);
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(Duration::from_secs(5), seen).await.unwrap();
    }
    // What was used is written before a process ends.
    replica.stop().await;
    let events = desk.events().await;
    assert!(events.iter().filter(|event| *event == "used openai").count() >= 2, "{events:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_available_to_who_has_a_key(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let (desk, other) = (Desk::with_key(&chat).await, Desk::new(&chat).await);
    // The operator has none there, and the provider wants one.
    let settings = settings(&[ChatService::DEFAULTS], &chat.database, &[]);
    let instance = platform::Instance::new(&settings).unwrap();
    let projects = super::OneProject { id: super::the_project(), prompts: Vec::new() };
    let module =
        chat_service::ChatModule::build(&settings, &instance, std::sync::Arc::new(projects)).await;
    let modules: Vec<std::sync::Arc<dyn platform::Module>> =
        vec![std::sync::Arc::new(module.unwrap())];
    let app =
        testkit::TestApp::serve(&settings, instance, modules, platform::http::Paths::Bare).await;
    let available = async |user: &Actor| {
        let listed = user.get("/models").await.expect(200);
        let models = listed.data("models").as_array().unwrap().clone();
        let gpt = models.into_iter().find(|model| model["id"] == "gpt-4o-mini").unwrap();
        let made = user.post("/conversations", json!({})).await.expect(201);
        (gpt["available"].clone(), made.data("conversation")["model"].clone())
    };
    let (mine, theirs) = (desk.user.at(&app.base_url), other.user.at(&app.base_url));
    assert_eq!(available(&mine).await, (json!(true), json!("gpt-4o-mini")));
    assert_eq!(available(&theirs).await, (json!(false), json!("demo")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_touched_is_never_used(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let mut desks = Vec::new();
    for _ in 0..9 {
        desks.push(Desk::with_key(&chat).await);
    }
    let [bit, cut, none, provider, id, whose, other, swapped, replaced] = desks.as_slice() else {
        panic!("nine desks");
    };
    let mut flipped = bit.sealed().await;
    flipped[60] ^= 1;
    bit.tamper("sealed", flipped).await;
    let sealed = cut.sealed().await;
    cut.tamper("sealed", sealed[..sealed.len() - 12].to_vec()).await;
    none.tamper("sealed", Vec::<u8>::new()).await;
    id.tamper("id", Uuid::from_u128(9)).await;
    swapped.tamper("sealed", bit.sealed().await).await;
    // The key of another, as a whole row.
    let nobody = Uuid::from_u128(8);
    other.tamper("user_id", nobody).await;
    whose.tamper("user_id", other.id.uuid()).await;
    // The key for another provider.
    provider.user.post(PATH, json!({"openrouter": "sk-for-another"})).await.expect(200);
    let delete = Query::delete()
        .from_table("api_keys")
        .and_where(Expr::col("user_id").eq(provider.id.uuid()))
        .and_where(Expr::col("provider").eq("openai"))
        .to_owned();
    provider.db.connection().execute(&delete).await.unwrap();
    provider.tamper("provider", "openai").await;
    // The one that was there before.
    let before = replaced.sealed().await;
    replaced.user.post(PATH, json!({"openai": "sk-another"})).await.expect(200);
    replaced.tamper("sealed", before).await;

    let asked = chat.model.requests().len();
    for (number, desk) in
        [bit, cut, none, provider, id, other, swapped, replaced].iter().enumerate()
    {
        let refused = desk.send(&desk.user).await.expect(422);
        assert_eq!(
            (refused.code(), &refused.json["error"]["details"]["provider"]),
            ("API_KEY_REQUIRED", &json!("openai")),
            "{number}"
        );
        assert!(desk.keys().await["openai"]["configured"].as_bool().unwrap(), "{number}");
        desk.user.get("/models").await.expect(200);
        assert_eq!(desk.events().await.last().unwrap(), "unreadable openai");
    }
    assert_eq!(chat.model.requests().len(), asked);
    // Storing it again mends it.
    bit.user.post(PATH, json!({"openai": KEY})).await.expect(200);
    bit.send(&bit.user).await.expect(200);
    assert_eq!(asked_with(&chat), KEY);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_has_no_keys_and_gets_none(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let chat = Chat::start(engine).await;
    let (desk, other) = (Desk::with_key(&chat).await, Desk::with_key(&chat).await);
    desk.send(&desk.user).await.expect(200);
    let path = format!("/internal/users/{}", desk.id);
    chat.app.service("auth-service").delete(&path).await.expect(200);
    assert_eq!(desk.keys().await["openai"], json!({"configured": false}));
    assert_eq!(desk.events().await, Vec::<String>::new());
    let refused = desk.user.post(PATH, json!({"openai": KEY})).await.expect(401);
    assert_eq!(refused.code(), "UNAUTHORIZED");
    assert_eq!(other.keys().await["openai"]["configured"], json!(true));
}
