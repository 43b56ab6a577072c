//! One contract for both ways in which chat-service asks project-service.

use std::sync::Arc;

use chat_service::clients::ProjectService as HttpProjects;
use chat_service::services::{OnBehalf, ProjectAccess, ProjectAccessError};
use common::ProjectId;
use omnichat::InProcessProjects;
use platform::Instance;
use platform::cli::Service;
use platform::client::Sibling;
use platform::http::Paths;
use project_service::services::Conversations;
use project_service::{ProjectModule, ProjectService};
use rstest::rstest;
use serde_json::json;
use testkit::{Actor, Engine, TestApp, TestDatabase, settings};

struct NoConversations;

#[async_trait::async_trait]
impl Conversations for NoConversations {
    async fn delete_of_project(
        &self,
        _: ProjectId,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(())
    }
}

fn behalf(actor: &Actor, app: &TestApp) -> OnBehalf {
    let claims = app.instance.keys.verify_access(actor.token()).unwrap();
    OnBehalf { user: claims.sub, token: actor.token().into(), request_id: "req_test".to_owned() }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn active_prompts_come_in_order_and_only_to_their_owner(
    #[values(false, true)] over_http: bool,
) {
    let database = TestDatabase::new(Engine::Postgres).await;
    let with = |more: &[_]| settings(&[ProjectService::DEFAULTS], &database, more);
    let settings = with(&[]);
    let instance = Instance::new(&settings).unwrap();
    let module =
        ProjectModule::build(&settings, &instance, Arc::new(NoConversations)).await.unwrap();
    let in_process = InProcessProjects::new(module.state());
    let app =
        TestApp::serve(&settings, instance.clone(), vec![Arc::new(module)], Paths::Bare).await;
    let address = with(&[("PROJECT_SERVICE_URL", &app.base_url)]);
    let sibling = Sibling::project(&address, "chat-service", &instance).unwrap();
    let access: Box<dyn ProjectAccess> =
        if over_http { Box::new(HttpProjects::new(sibling)) } else { Box::new(in_process) };

    let (owner, other) = (app.user(), app.user());
    let project = owner.post("/projects", json!({"name": "p"})).await.expect(201).id("project");
    for number in 0..150 {
        let body = json!({
            "name": format!("{number}"), "content": format!("c{number}"),
            "isActive": number % 50 != 3, "position": 1_000 - number,
        });
        owner.post(&format!("/projects/{project}/prompts"), body).await.expect(201);
    }
    let project: ProjectId = project.parse().unwrap();

    let expected: Vec<String> =
        (0..150).rev().filter(|n| n % 50 != 3).map(|n| format!("c{n}")).collect();
    for _ in 0..2 {
        let prompts = access.prompts(&behalf(&owner, &app), project).await.unwrap();
        let contents: Vec<_> =
            prompts.prompts.iter().map(|prompt| prompt.content.clone()).collect();
        assert_eq!((contents, prompts.is_stale), (expected.clone(), false));
        assert!(prompts.prompts.iter().all(|prompt| prompt.version == 1));
    }
    let missing: ProjectId = uuid::Uuid::from_u128(7).into();
    for (whom, project) in [(&other, project), (&owner, missing)] {
        let refused = access.prompts(&behalf(whom, &app), project).await;
        assert!(matches!(refused, Err(ProjectAccessError::NotFound)));
        let refused = access.rename(&behalf(whom, &app), project, "stolen").await;
        assert!(matches!(refused, Err(ProjectAccessError::NotFound)));
    }
    access.rename(&behalf(&owner, &app), project, "Näme \"1\"").await.unwrap();
    let renamed = owner.get(&format!("/projects/{project}")).await.expect(200);
    assert_eq!(renamed.data("project")["name"], "Näme \"1\"");
}
