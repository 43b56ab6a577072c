//! chat-service is told of a deleted project, however long it takes.

use std::sync::Arc;

use async_trait::async_trait;
use common::ProjectId;
use platform::Instance;
use platform::http::Paths;
use project_service::ProjectModule;
use project_service::services::Conversations;
use rstest::rstest;
use testkit::{Engine, TestApp, TestDatabase, settings};
use tokio::sync::mpsc;

use super::a_project;

/// A chat-service that refuses the first `refusals` times.
struct Chat {
    refusals: std::sync::atomic::AtomicI32,
    told: mpsc::UnboundedSender<ProjectId>,
}

#[async_trait]
impl Conversations for Chat {
    async fn delete_of_project(
        &self,
        project: ProjectId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if self.refusals.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) > 0 {
            return Err("not now".into());
        }
        self.told.send(project)?;
        Ok(())
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_told_even_if_the_process_ends_before_it_could(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let (told, mut heard) = mpsc::unbounded_channel();
    let start = async |refusals: i32| {
        let settings = settings(&[], &database, &[]);
        let instance = Instance::new(&settings).unwrap();
        let chat = Arc::new(Chat { refusals: refusals.into(), told: told.clone() });
        let module = ProjectModule::build(&settings, &instance, chat).await.unwrap();
        TestApp::serve(&settings, instance, vec![Arc::new(module)], Paths::Bare).await
    };
    let app = start(i32::MAX).await;
    let user = app.user();
    let project = a_project(&user, "p").await;
    user.delete(&format!("/projects/{project}")).await.expect(200);
    app.stop().await;
    assert!(heard.try_recv().is_err(), "nobody was told yet");

    let app = start(0).await;
    assert_eq!(heard.recv().await.unwrap().to_string(), project);
    app.stop().await;

    let app = start(0).await;
    app.stop().await;
    assert!(heard.try_recv().is_err(), "told once is enough");
}
