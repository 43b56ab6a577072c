//! What is another's is not there, and who may do what.

use platform::http::Server;
use project_service::routes;
use rstest::rstest;
use serde_json::json;
use testkit::{Actor, Engine, Target};

use super::{a_project, a_prompt, start};

/// What each endpoint is tried on.
async fn target(operation: &str, owner: &Actor) -> Option<Target> {
    let id = uuid::Uuid::from_u128(8);
    let target = match operation {
        "list_projects" => Target::each("/projects"),
        "create_project" => Target::each("/projects").body(json!({"name": "new"})),
        "list_prompts" => Target::each("/prompts"),
        "get_version" => Target::each("/version"),
        "get_liveness" => Target::each("/health/live"),
        "get_readiness" => Target::each("/health/ready"),
        "get_health" => Target::each("/health"),
        "delete_user_projects" => Target::each(format!("/internal/users/{id}")),
        "export_user_projects" => Target::each(format!("/internal/users/{id}/export")),
        of_a_thing => return target_of_a_thing(of_a_thing, owner).await,
    };
    Some(target)
}

async fn target_of_a_thing(operation: &str, owner: &Actor) -> Option<Target> {
    let project = a_project(owner, "mine").await;
    let prompt = a_prompt(owner, &project, "secret", "canary").await;
    let (project, prompt) = (format!("/projects/{project}"), format!("/prompts/{prompt}"));
    let target = match operation {
        "get_project" | "delete_project" => Target::own(project),
        "update_project" => Target::own(project).body(json!({"name": "stolen"})),
        "list_project_prompts" => Target::own(project + "/prompts"),
        "create_prompt" => {
            Target::own(project + "/prompts").body(json!({"name": "stolen", "content": "x"}))
        }
        "get_prompt" | "delete_prompt" => Target::own(prompt),
        "update_prompt" => Target::own(prompt).body(json!({"content": "stolen"})),
        "list_prompt_versions" => Target::own(prompt + "/versions"),
        "get_prompt_version" => Target::own(prompt + "/versions/1"),
        "restore_prompt" => Target::own(prompt + "/restore").body(json!({"version": 1})),
        "render_prompt" => Target::own(prompt + "/render").body(json!({"variables": {}})),
        _ => return None,
    };
    Some(target)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_is_for_whom_it_should_be(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let person = async || app.user();
    testkit::assert_authorised(&app, &routes::endpoints(), person, target).await;
    testkit::assert_authorised(&app, &Server::operating_endpoints(), person, target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_token_opens_anything() {
    let app = start(Engine::Sqlite).await;
    testkit::assert_withstands_hostile_tokens(&app, &app.user(), "/projects").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn lists_and_searches_show_nothing_of_anothers(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let (owner, other) = (app.user(), app.user());
    let project = a_project(&owner, "mine").await;
    a_prompt(&owner, &project, "secret", "canary").await;
    for list in ["/projects", "/projects?q=mine", "/prompts", "/prompts?q=canary"] {
        let list = other.get(list).await.expect(200);
        assert!(!list.text.contains("mine") && !list.text.contains("canary"), "{}", list.text);
    }
    let foreign = other.get(&format!("/prompts?projectId={project}")).await.expect(200);
    assert_eq!(foreign.json["data"]["prompts"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_good_only_for_its_owner_and_its_order() {
    let app = start(Engine::Sqlite).await;
    let (owner, other) = (app.user(), app.user());
    for name in ["a", "b"] {
        a_project(&owner, name).await;
    }
    let page = owner.get("/projects?limit=1").await.expect(200);
    let cursor = page.json["pagination"]["cursor"].as_str().unwrap();
    owner.get(&format!("/projects?limit=1&cursor={cursor}")).await.expect(200);
    let refused = other.get(&format!("/projects?cursor={cursor}")).await.expect(400);
    assert_eq!(
        (refused.code(), &refused.json["error"]["details"]["field"]),
        ("VALIDATION_ERROR", &json!("cursor"))
    );
    owner.get(&format!("/projects?order=asc&cursor={cursor}")).await.expect(400);
}
