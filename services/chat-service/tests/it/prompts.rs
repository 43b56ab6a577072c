//! chat-service asks project-service over HTTP: what it does while that is well, slow or away.

use std::sync::Arc;

use chat_service::ChatService;
use mock_llm::MockLlm;
use platform::Instance;
use platform::cli::Service;
use platform::http::Paths;
use project_service::ProjectService;
use serde_json::{Value, json};
use testkit::{Actor, Engine, TestApp, TestDatabase, settings};

/// project-service, on an address that it can come back to.
async fn project_service(database: &TestDatabase, port: &str) -> TestApp {
    let settings = settings(&[ProjectService::DEFAULTS], database, &[("PORT", port)]);
    let instance = Instance::new(&settings).unwrap();
    let module = ProjectService::build(&settings, &instance).await.unwrap();
    TestApp::serve(&settings, instance, vec![module], Paths::Bare).await
}

async fn told(model: &MockLlm, user: &Actor, path: &str) -> (Value, String) {
    let sent = user.post(path, json!({"content": "x", "history": "model"})).await.expect(200);
    let messages = model.last_request().unwrap().messages();
    (sent.json["data"]["promptStale"].clone(), messages[0].1.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_are_asked_for_on_every_send_and_a_copy_serves_while_project_service_is_away() {
    let (model, database) = (MockLlm::start().await, TestDatabase::new(Engine::Postgres).await);
    let projects = project_service(&database, "0").await;
    let port = projects.base_url.rsplit(':').next().unwrap().to_owned();
    let variables =
        [("OPENAI_BASE_URL", model.base_url()), ("PROJECT_SERVICE_URL", projects.base_url.clone())];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let settings = settings(&[ChatService::DEFAULTS], &database, &variables);
    let instance = Instance::new(&settings).unwrap();
    let module = ChatService::build(&settings, &instance).await.unwrap();
    let chat = TestApp::serve(&settings, instance, vec![Arc::clone(&module)], Paths::Bare).await;

    let user = chat.user();
    let owner = user.at(&projects.base_url);
    let project = owner.post("/projects", json!({"name": "p"})).await.expect(201).id("project");
    let prompt = owner
        .post(
            &format!("/projects/{project}/prompts"),
            json!({"name": "tone", "content": "Be kind."}),
        )
        .await
        .expect(201)
        .id("prompt");
    // More than one page of them.
    for number in 0..120 {
        let body = json!({"name": format!("n{number}"), "content": format!("{number}"), "isActive": number % 2 == 0});
        owner.post(&format!("/projects/{project}/prompts"), body).await.expect(201);
    }
    let conversation = user
        .post("/conversations", json!({"projectId": project}))
        .await
        .expect(201)
        .id("conversation");
    let path = format!("/conversations/{conversation}/messages");

    let (stale, system) = told(&model, &user, &path).await;
    let even: Vec<String> = (0..120).step_by(2).map(|number| number.to_string()).collect();
    assert_eq!((stale, system), (Value::Null, format!("Be kind.\n\n{}", even.join("\n\n"))));
    owner.patch(&format!("/prompts/{prompt}"), json!({"content": "Be brief."})).await.expect(200);
    assert!(told(&model, &user, &path).await.1.starts_with("Be brief."));

    // Another's project is not there.
    let stranger = chat.user().post("/conversations", json!({"projectId": project})).await;
    assert_eq!(stranger.expect(404).code(), "NOT_FOUND");

    projects.stop().await;
    let (stale, system) = told(&model, &user, &path).await;
    assert!(stale == true && system.starts_with("Be brief."));
    // That is told, by what was seen of it, and is no reason to be sent nothing.
    let health = chat.anonymous().get("/health").await.expect(200);
    assert_eq!(health.data("status"), "degraded");
    let seen = health.data("services");
    assert_eq!(seen["siblings"]["project-service"], "failing");
    assert_eq!(seen["externalApis"], json!({"openai": "reachable"}));
    chat.anonymous().get("/health/ready").await.expect(200);
    let unknown = user
        .post("/conversations", json!({"projectId": uuid::Uuid::from_u128(5)}))
        .await
        .expect(503);
    assert_eq!((unknown.code(), unknown.header("retry-after")), ("SERVICE_UNAVAILABLE", Some("1")));

    let projects = project_service(&database, &port).await;
    assert_eq!(told(&model, &user, &path).await.0, Value::Null);
    let health = chat.anonymous().get("/health").await.expect(200);
    assert_eq!(health.data("services")["siblings"]["project-service"], "reachable");
    user.at(&projects.base_url).delete(&format!("/projects/{project}")).await.expect(200);
    let gone = user.post(&path, json!({"content": "x"})).await.expect(404);
    assert_eq!(gone.code(), "NOT_FOUND");
}
