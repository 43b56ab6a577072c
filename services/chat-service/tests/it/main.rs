//! chat-service over HTTP, on both databases, with `mock-llm` for a model and a small project-service.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and a table of cases is long"
)]

mod aimock;
mod api_keys;
mod attachments;
mod bad_input;
mod branches;
mod budget;
mod chat;
mod completions;
mod conformance;
mod conversations;
mod creations;
mod discovery;
mod export;
mod faults;
mod idempotency;
mod imports;
mod internal;
mod isolation;
mod key_rotation;
mod layers;
mod leases;
mod load_jobs;
mod matrix;
mod messages;
mod metrics;
mod openapi;
mod preferences;
mod project_messages;
mod prompts;
mod providers;
mod relays;
mod resilience;
mod sdks;
mod search;
mod shares;
mod slots;
mod streams;
mod summaries;
mod switching;
mod threads;
mod titles;
mod tombstones;
mod usage;
mod vendors;

use std::sync::Arc;

use async_trait::async_trait;
use chat_service::services::{
    OnBehalf, ProjectAccess, ProjectAccessError, ProjectPrompt, ProjectPrompts,
};
use chat_service::{ChatModule, ChatService};
use common::{Clock, ProjectId, SystemClock};
use mock_llm::MockLlm;
use platform::Instance;
use platform::cli::Service;
use platform::http::Paths;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Engine, EventStream, TestApp, TestDatabase, settings};

/// A key for each provider that asks for one wherever it is.
const KEYS: [(&str, &str); 3] = [
    ("ANTHROPIC_API_KEY", "sk-ant-test"),
    ("GOOGLE_API_KEY", "google-test"),
    ("OPENROUTER_API_KEY", "sk-or-test"),
];

/// A chat-service whose model is `mock-llm`.
struct Chat {
    app: TestApp,
    model: MockLlm,
    database: TestDatabase,
    clock: Arc<dyn Clock>,
    more: Vec<(&'static str, &'static str)>,
}

/// A project-service that knows one project, which is everybody's.
struct OneProject {
    id: ProjectId,
    prompts: Vec<ProjectPrompt>,
}

#[async_trait]
impl ProjectAccess for OneProject {
    async fn prompts(
        &self,
        _: &OnBehalf,
        project: ProjectId,
    ) -> Result<ProjectPrompts, ProjectAccessError> {
        if project != self.id {
            return Err(ProjectAccessError::NotFound);
        }
        Ok(ProjectPrompts { prompts: self.prompts.clone(), is_stale: false })
    }

    async fn rename(
        &self,
        whom: &OnBehalf,
        project: ProjectId,
        _: &str,
    ) -> Result<(), ProjectAccessError> {
        self.prompts(whom, project).await.map(drop)
    }
}

fn the_project() -> ProjectId {
    uuid::Uuid::from_u128(99).into()
}

impl Chat {
    async fn start(engine: Engine) -> Self {
        Self::start_with(engine, &[]).await
    }

    async fn start_with(engine: Engine, more: &[(&'static str, &'static str)]) -> Self {
        Self::start_at(engine, Arc::new(SystemClock), more).await
    }

    /// On a clock that the test moves.
    async fn start_at(
        engine: Engine,
        clock: Arc<dyn Clock>,
        more: &[(&'static str, &'static str)],
    ) -> Self {
        let (model, database) = (MockLlm::start().await, TestDatabase::new(engine).await);
        let app = serve(&model, &database, &clock, more).await;
        Self { app, model, database, clock, more: more.to_vec() }
    }

    /// A second process on the same database.
    async fn replica(&self) -> TestApp {
        serve(&self.model, &self.database, &self.clock, &self.more).await
    }
}

async fn serve(
    model: &MockLlm,
    database: &TestDatabase,
    clock: &Arc<dyn Clock>,
    more: &[(&str, &str)],
) -> TestApp {
    let (openai, openrouter, bare) = (model.base_url(), model.openrouter_url(), model.url());
    let mut variables = vec![
        ("OPENAI_BASE_URL", openai.as_str()),
        ("OPENROUTER_BASE_URL", openrouter.as_str()),
        ("ANTHROPIC_BASE_URL", bare.as_str()),
        ("GOOGLE_BASE_URL", bare.as_str()),
        ("OLLAMA_BASE_URL", bare.as_str()),
        ("OPENAI_API_KEY", "sk-test"),
        ("OMNICHAT__GENERATION__RETRY_MILLISECONDS", "1"),
        // What a test reads of the model's log is then its own doing.
        ("OMNICHAT__MODELS__DISCOVER_SECONDS", "0"),
        ("OMNICHAT__CONTEXT__SUMMARIZE_AT", "0"),
    ];
    variables.extend(more.iter().copied());
    let settings = settings(&[ChatService::DEFAULTS], database, &variables);
    let instance = Instance::with_clock(&settings, clock.clone()).unwrap();
    let prompt = |id, version, content: &str| ProjectPrompt {
        id: uuid::Uuid::from_u128(id).into(),
        version,
        content: content.to_owned(),
    };
    // As many tokens by OpenAI's vocabularies as by the estimate that stands in until they are loaded.
    let projects = OneProject {
        id: the_project(),
        prompts: vec![prompt(1, 3, "Be kind."), prompt(2, 1, "Be short and clear.")],
    };
    let module = ChatModule::build(&settings, &instance, Arc::new(projects)).await.unwrap();
    TestApp::serve(&settings, instance, vec![Arc::new(module)], Paths::Bare).await
}

async fn a_conversation(user: &Actor, body: Value) -> String {
    user.post("/conversations", body).await.expect(201).id("conversation")
}

/// Sends a message and streams the reply.
async fn stream(user: &Actor, conversation: &str, content: &str) -> EventStream {
    let body = json!({"content": content, "stream": true});
    let request =
        user.request(Method::POST, &format!("/conversations/{conversation}/messages")).json(&body);
    user.stream(request).await
}

/// Follows a reply from after the event given.
async fn resume(user: &Actor, message: &str, after: Option<&str>) -> EventStream {
    let request = user.request(Method::GET, &format!("/messages/{message}/stream"));
    let request = match after {
        Some(id) => request.header("last-event-id", id),
        None => request,
    };
    user.stream(request).await
}
