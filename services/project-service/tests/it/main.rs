//! project-service over HTTP, on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and a table of cases is long"
)]

mod bad_input;
mod browsers;
mod creations;
mod internal;
mod isolation;
mod layers;
mod limits;
mod openapi;
mod operating;
mod outbox;
mod projects;
mod prompts;

use project_service::ProjectService;
use serde_json::json;
use testkit::{Actor, Engine, TestApp};

/// The service, with nobody at chat-service's address.
async fn start(engine: Engine) -> TestApp {
    TestApp::start::<ProjectService>(engine, &[("CHAT_SERVICE_URL", "http://127.0.0.1:1")]).await
}

async fn a_project(user: &Actor, name: &str) -> String {
    user.post("/projects", json!({"name": name})).await.expect(201).id("project")
}

async fn a_prompt(user: &Actor, project: &str, name: &str, content: &str) -> String {
    let body = json!({"name": name, "content": content});
    user.post(&format!("/projects/{project}/prompts"), body).await.expect(201).id("prompt")
}
