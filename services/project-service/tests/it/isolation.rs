//! What is another's is not there.

use platform::http::Server;
use project_service::routes;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use testkit::{Actor, Engine, Reply};
use uuid::Uuid;

use super::{a_project, a_prompt, start};

/// Every endpoint that names something, with a body that would do.
fn endpoints(project: &str, prompt: &str) -> Vec<(Method, String, Value)> {
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    vec![
        (get.clone(), format!("/projects/{project}"), Value::Null),
        (patch.clone(), format!("/projects/{project}"), json!({"name": "stolen"})),
        (delete.clone(), format!("/projects/{project}"), Value::Null),
        (get.clone(), format!("/projects/{project}/prompts"), Value::Null),
        (
            post.clone(),
            format!("/projects/{project}/prompts"),
            json!({"name": "stolen", "content": "x"}),
        ),
        (get.clone(), format!("/prompts/{prompt}"), Value::Null),
        (patch, format!("/prompts/{prompt}"), json!({"content": "stolen"})),
        (delete, format!("/prompts/{prompt}"), Value::Null),
        (get.clone(), format!("/prompts/{prompt}/versions"), Value::Null),
        (get, format!("/prompts/{prompt}/versions/1"), Value::Null),
        (post.clone(), format!("/prompts/{prompt}/restore"), json!({"version": 1})),
        (post, format!("/prompts/{prompt}/render"), json!({"variables": {}})),
    ]
}

async fn ask(actor: &Actor, (method, path, body): &(Method, String, Value)) -> Reply {
    let request = actor.request(method.clone(), path);
    actor.send(if body.is_null() { request } else { request.json(body) }).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn anothers_things_are_as_absent_as_what_never_was(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let (owner, other) = (app.user(), app.user());
    let project = a_project(&owner, "mine").await;
    let prompt = a_prompt(&owner, &project, "secret", "canary").await;
    let before = (
        owner.get(&format!("/projects/{project}")).await.text,
        owner.get(&format!("/prompts/{prompt}/versions")).await.text,
    );
    let nothing = Uuid::from_u128(7).to_string();

    for (theirs, missing) in endpoints(&project, &prompt).iter().zip(endpoints(&nothing, &nothing))
    {
        let (theirs, missing) =
            (ask(&other, theirs).await.expect(404), ask(&other, &missing).await.expect(404));
        assert_eq!(theirs.code(), "NOT_FOUND");
        assert_eq!(theirs.json["error"], missing.json["error"]);
    }
    for list in ["/projects", "/projects?q=mine", "/prompts", "/prompts?q=canary"] {
        let list = other.get(list).await.expect(200);
        assert!(!list.text.contains("mine") && !list.text.contains("canary"), "{}", list.text);
    }
    let foreign = other.get(&format!("/prompts?projectId={project}")).await.expect(200);
    assert_eq!(foreign.json["data"]["prompts"], json!([]));

    let after = (
        owner.get(&format!("/projects/{project}")).await,
        owner.get(&format!("/prompts/{prompt}/versions")).await,
    );
    let data = |text: &str| serde_json::from_str::<Value>(text).unwrap()["data"].clone();
    assert_eq!(
        (data(&before.0), data(&before.1)),
        (after.0.json["data"].clone(), after.1.json["data"].clone())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_valid_token_nothing_answers() {
    let app = start(Engine::Sqlite).await;
    testkit::assert_guarded(&app, &routes::endpoints()).await;
    testkit::assert_guarded(&app, &Server::operating_endpoints()).await;
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
