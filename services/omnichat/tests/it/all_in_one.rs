//! What is special about one process: it is its own gateway.

use mock_llm::MockLlm;
use reqwest::Method;
use serde_json::json;
use testkit::{Actor, Engine, TestApp};

use super::deployment::Deployment;

async fn start() -> Deployment {
    Deployment::all_in_one(Engine::Sqlite, &MockLlm::start().await).await
}

fn app(deployment: &Deployment) -> &TestApp {
    match deployment {
        Deployment::AllInOne { app, .. } => app,
        Deployment::ThreeProcesses { .. } => panic!("three processes"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_spelling_of_a_path_is_the_same_path() {
    let deployment = start().await;
    let user: Actor = app(&deployment).user();
    let id = user.post("/projects", json!({"name": "p"})).await.expect(201).id("project");
    for path in
        ["/projects", "/projects/", "/api/projects", "/api/projects/", "/api/projects/?limit=3"]
    {
        let list = user.get(path).await.expect(200);
        assert_eq!(list.json["data"]["projects"][0]["id"], json!(id), "{path}");
    }
    user.get(&format!("/api/projects/{id}/")).await.expect(200);
    for path in ["/apix/projects", "/api", "/api/", "/projectsx", "/nowhere"] {
        let status = user.get(path).await.status.as_u16();
        assert!(
            status == 404 || (status == 302 && path.trim_end_matches('/') == "/api"),
            "{path}: {status}"
        );
    }
    for path in ["/docs/", "/api/docs/", "/redoc", "/openapi.json", "/health/ready", "/api/health/"]
    {
        app(&deployment).anonymous().get(path).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_internal_is_not_there() {
    let deployment = start().await;
    let app = app(&deployment);
    let id = uuid::Uuid::from_u128(7);
    for path in [
        format!("/internal/users/{id}"),
        format!("/api/internal/projects/{id}"),
        format!("/%69nternal/projects/{id}"),
        "/internal".to_owned(),
        "/metrics".to_owned(),
        "/api/metrics".to_owned(),
    ] {
        let hidden = app.service("auth-service").delete(&path).await.expect(404);
        assert_eq!((hidden.code(), hidden.header("x-request-id").is_some()), ("NOT_FOUND", true));
    }
    let document = app.anonymous().get("/openapi.json").await.expect(200);
    assert!(!document.text.contains("/internal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_says_which_would_do() {
    let deployment = start().await;
    let anybody = app(&deployment).anonymous();
    let refused = anybody.send(anybody.request(Method::PUT, "/api/auth/login")).await.expect(405);
    assert_eq!((refused.code(), refused.header("allow")), ("METHOD_NOT_ALLOWED", Some("POST")));
}
