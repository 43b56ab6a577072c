//! A session that ends, ends everywhere; an account that goes, goes everywhere.

use std::time::Duration;

use mock_llm::{Gate, MockLlm, Script};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Engine, Reply};
use tokio::time::timeout;

use super::deployment::{Deployment, Shape};
use super::person::{PASSWORD, Person};

/// One endpoint of each service.
const ENDPOINTS: [&str; 3] = ["/users/me", "/projects", "/conversations"];

/// A revocation is known everywhere within this time.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);
/// And in open streams within this.
const STREAM_ENDED_WITHIN: Duration = Duration::from_secs(10);

/// Asks every service again and again until all of them refuse.
async fn is_refused_everywhere(person: &Person<'_>) {
    let refused = async {
        for endpoint in ENDPOINTS {
            while person.get(endpoint).await.status != 401 {}
        }
    };
    timeout(REVOKED_WITHIN, refused).await.unwrap();
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_out_elsewhere_is_refused_everywhere(
    #[values(
        Shape::AllInOneOnSqlite,
        Shape::AllInOneOnPostgres,
        Shape::ThreeProcesses,
        Shape::BehindNginx
    )]
    shape: Shape,
) {
    let model = MockLlm::start().await;
    let deployment = shape.deploy(&model).await;
    let phone = Person::new(&deployment, "ada@example.org").await;
    let laptop = phone.again().await;
    let conversation = phone.post("/conversations", json!({})).await.expect(201).id("conversation");
    let gate = Gate::new();
    model.script(Script::tokens(["Bees", " buzz"]).hold_after(1, &gate));
    let mut events = phone.send(&conversation, "What do bees say?").await;
    let start = events.expect("message_start").await;
    let message = start.data["messageId"].as_str().unwrap();
    events.expect("token").await;

    let sessions = laptop.get("/auth/sessions").await.expect(200);
    let theirs = |session: &&Value| session["current"] == false;
    let listed = sessions.data("sessions").as_array().unwrap();
    let id = listed.iter().find(theirs).unwrap()["id"].as_str().unwrap();
    laptop.call(Method::DELETE, &format!("/auth/sessions/{id}"), Value::Null).await.expect(200);
    is_refused_everywhere(&phone).await;
    let error = timeout(STREAM_ENDED_WITHIN, events.expect("error")).await.unwrap();
    assert_eq!(error.data["code"], "SESSION_REVOKED");

    gate.release();
    let rest = laptop.resume(message, "").await.rest().await;
    assert_eq!(testkit::Event::text(&rest), "Bees buzz");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_or_changes_the_password_ends_sessions_everywhere(
    #[values(Shape::AllInOneOnSqlite, Shape::ThreeProcesses)] shape: Shape,
) {
    let model = MockLlm::start().await;
    let deployment = shape.deploy(&model).await;
    let phone = Person::new(&deployment, "ada@example.org").await;
    let (laptop, tablet) = (phone.again().await, phone.again().await);
    phone.post("/auth/logout", json!({})).await.expect(200);
    is_refused_everywhere(&phone).await;

    let body = json!({"currentPassword": PASSWORD, "newPassword": "another horse entirely"});
    let changed = laptop.call(Method::PUT, "/users/me/password", body).await.expect(200);
    is_refused_everywhere(&tablet).await;
    for token in [laptop.actor.token(), changed.data("accessToken").as_str().unwrap()] {
        let laptop = laptop.with_token(token);
        for endpoint in ENDPOINTS {
            // Having asked so often, somebody may have to wait.
            let status = laptop.get(endpoint).await.status;
            assert!(status == 200 || status == 429, "{endpoint}: {status}");
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_personal_token_opens_every_service_until_it_is_revoked(
    #[values(Shape::AllInOneOnSqlite, Shape::ThreeProcesses)] shape: Shape,
) {
    let model = MockLlm::start().await;
    let deployment = shape.deploy(&model).await;
    let ada = Person::new(&deployment, "ada@example.org").await;
    let body = json!({"name": "script", "scopes": ["read"]});
    let made = ada.post("/auth/tokens", body).await.expect(201);
    let script = ada.with_token(made.data("secret").as_str().unwrap());
    for endpoint in ENDPOINTS {
        script.get(endpoint).await.expect(200);
    }
    let refused = script.post("/projects", json!({"name": "Bees"})).await.expect(403);
    assert_eq!(refused.code(), "INSUFFICIENT_SCOPE");

    let path = format!("/auth/tokens/{}", made.id("token"));
    ada.call(Method::DELETE, &path, Value::Null).await.expect(200);
    is_refused_everywhere(&script).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_profiles_settings_take_effect(
    #[values(
        Shape::AllInOneOnSqlite,
        Shape::AllInOneOnPostgres,
        Shape::ThreeProcesses,
        Shape::BehindNginx
    )]
    shape: Shape,
) {
    let model = MockLlm::start().await;
    let deployment = shape.deploy(&model).await;
    let ada = Person::new(&deployment, "ada@example.org").await;
    let body = json!({"displayName": "Ada", "settings": {"defaultModel": "gpt-4o"}});
    let changed = ada.call(Method::PATCH, "/profile", body).await.expect(200);
    let profile = ada.get("/profile").await.expect(200);
    assert_eq!(profile.data("user"), changed.data("user"));
    assert_eq!(profile.data("user")["displayName"], "Ada");
    let conversation = ada.post("/conversations", json!({})).await.expect(201);
    assert_eq!(conversation.data("conversation")["model"], "gpt-4o");
    let body = json!({"settings": {"defaultModel": "no-such-model"}});
    let refused = ada.call(Method::PATCH, "/profile", body).await.expect(422);
    assert_eq!(refused.code(), "MODEL_UNKNOWN");

    let key = |reply: &Reply| reply.data("user")["apiKeys"]["openai"].clone();
    assert_eq!(key(&profile), json!({"configured": false}));
    ada.post("/profile/api-keys", json!({"openai": "sk-own"})).await.expect(200);
    assert_eq!(key(&ada.get("/profile").await), json!({"configured": true}));
    let path = format!("/conversations/{}/messages", conversation.id("conversation"));
    ada.post(&path, json!({"content": "x"})).await.expect(200);
    let asked = model.last_request().unwrap();
    assert_eq!(asked.header("authorization"), Some("Bearer sk-own"));
    assert!(key(&ada.get("/profile").await)["lastUsed"].is_string());
}

/// The account's project and conversation.
async fn belongings(person: &Person<'_>) -> [String; 2] {
    let project = person.post("/projects", json!({"name": "Bees"})).await.expect(201).id("project");
    let conversation =
        person.post("/conversations", json!({})).await.expect(201).id("conversation");
    [format!("/projects/{project}"), format!("/conversations/{conversation}")]
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_account_goes_with_all_that_is_its_own(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let deployment = Deployment::all_in_one(engine, &MockLlm::start().await).await;
    let ada = Person::new(&deployment, "ada@example.org").await;
    let belongings = belongings(&ada).await;
    ada.post("/users/me/deletion", json!({"password": PASSWORD})).await.expect(202);
    is_refused_everywhere(&ada).await;
    let ghost = ada.as_a_ghost();
    for path in &belongings {
        while ghost.get(path).await.status != 404 {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_goes_even_if_a_service_is_not_there_when_it_is_told() {
    let deployment = Deployment::three_processes(&MockLlm::start().await).await;
    let ada = Person::new(&deployment, "ada@example.org").await;
    let eve = Person::new(&deployment, "eve@example.org").await;
    let [project, conversation] = belongings(&ada).await;
    deployment.chat().kill();
    ada.post("/users/me/deletion", json!({"password": PASSWORD})).await.expect(202);
    let ghost = ada.as_a_ghost();
    while ghost.get(&project).await.status != 404 {}
    assert_eq!(eve.get("/profile").await.expect(503).code(), "SERVICE_UNAVAILABLE");

    deployment.chat().revive();
    while ghost.get(&conversation).await.status != 404 {}
    eve.get("/profile").await.expect(200);
}
