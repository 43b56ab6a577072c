//! What a tracker of errors is told.

use chat_service::ChatService;
use mock_llm::MockLlm;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Engine, Received, Receiver, TestApp, TestDatabase};

use super::deployment::Process;
use super::roles::psql;

/// The reports of errors, from what was sent: a head, and then for each item a head and a line (Sentry's envelopes).
fn reports(received: &[Received]) -> Vec<Value> {
    let lines = received.iter().flat_map(|one| {
        assert!(one.path.starts_with("/api/42/envelope"), "{}", one.path);
        String::from_utf8(one.body.to_vec()).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let objects = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
    objects.filter(|object| object.get("logger").is_some()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_reported_once_and_without_what_people_say() {
    let (tracker, model) = (Receiver::start().await, MockLlm::start().await);
    let database = TestDatabase::new(Engine::Postgres).await;
    let dsn = tracker.base_url.replace("http://", "http://key@") + "/42";
    let chat = Process::start(
        "chat-service",
        vec![
            ("PORT", "0".to_owned()),
            ("DATABASE_URL", database.url().to_owned()),
            ("OPENAI_BASE_URL", model.base_url()),
            ("SENTRY_DSN", dsn),
            ("ENVIRONMENT", "a-test".to_owned()),
        ],
    );
    // Signs with the same secrets.
    let signer = TestApp::start::<ChatService>(Engine::Sqlite, &[]).await;
    let user = signer.user().at(chat.base_url());
    let made = user.post("/conversations", json!({"model": "gpt-4o"})).await.expect(201);
    let messages = format!("/conversations/{}/messages", made.id("conversation"));
    let said = json!({"content": "canary-message of ada@example.org"});
    user.post(&messages, said.clone()).await.expect(200);
    assert_eq!(reports(&tracker.received()), Vec::<Value>::new());

    let broken = "ALTER TABLE chat.idempotency_keys RENAME TO elsewhere";
    psql(&database.url().parse().unwrap(), &["-c", broken], []).unwrap();
    let failing = user.request(Method::POST, &messages).header("idempotency-key", "once");
    let failing = failing.header("x-request-id", "req_told").json(&said);
    let failed = user.send(failing).await.expect(500);
    assert_eq!(failed.json["error"]["code"], "INTERNAL_ERROR");

    let sent = tracker.until(|received| !reports(received).is_empty()).await;
    // What else there is comes before it ends.
    chat.stop();
    let all = tracker.received();
    let [report] = reports(&all).try_into().unwrap_or_else(|all| panic!("one report: {all:#?}"));
    assert_eq!(report["environment"], "a-test");
    // What is not said is an error (Sentry's protocol).
    assert_eq!(report.get("level"), None);
    let text = report.to_string();
    for known in ["INTERNAL_ERROR", "req_told", "chat-service"] {
        assert!(text.contains(known), "{known}: {text}");
    }
    let address = database.url();
    for canary in ["canary-message", "ada@example.org", user.token(), "authorization", address] {
        let shown = sent.iter().any(|one| String::from_utf8_lossy(&one.body).contains(canary));
        assert!(!shown, "{canary}: {text}");
    }
}
